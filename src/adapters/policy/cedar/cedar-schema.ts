import type { ForbidResource } from '#ports'

/** Which kind of thing each action is done to; an action that is not named here is done to the repository. */
export type ActionResources = { readonly [action: string]: ForbidResource['kind'] }

const ENTITIES = `
entity Run {
  tenant: String, repository: String, capability: String, mode: String, trust: String, requester: String,
};
entity Folder in [Folder];
entity Path in [Folder] { path: String, name: String, extension: String, components: Set<String> };
entity Command { program: String, line: String, words: Set<String> };
entity Host { name: String, domains: Set<String> };
entity Tool { server: String, name: String };
entity Repository { address: String };
type Facts = {
  state: String, tool: String, branch: String, content_class: String, change_classes: Set<String>,
};`

const ENTITY_OF: Readonly<Record<ForbidResource['kind'], string>> = {
  path: 'Path',
  command: 'Command',
  host: 'Host',
  tool: 'Tool',
  repository: 'Repository',
}

/** The schema that policies are validated against, strictly: every action with what it is done to. */
export const schemaFor = (actions: ActionResources): string =>
  `${ENTITIES}\n${Object.entries(actions)
    .map(
      ([action, kind]) =>
        `action ${JSON.stringify(action)} appliesTo { principal: Run, resource: ${ENTITY_OF[kind]}, context: Facts };`,
    )
    .join('\n')}\n`
