import type { EntityJson, EntityUidJson, StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs'
import type { ForbidPrincipal, ForbidRequest, ForbidResource } from '#ports'

/** A request in Cedar's own form, without the policies it is asked of. */
export type CedarRequest = Pick<StatefulAuthorizationCall, 'principal' | 'action' | 'resource' | 'context' | 'entities'>

/**
 * A path's text begins with a slash, so that a pattern which wants a slash before `.github` also speaks of the root; its
 * folders are its ancestors, so that `resource in Folder::".github"` does.
 */
export function cedarRequest({ action, principal, resource, context }: ForbidRequest): CedarRequest {
  const entities = resourceEntities(resource)
  const uid = entities[0]?.uid
  if (uid === undefined) throw new TypeError('a resource has no entity')
  const { change_classes, ...facts } = context
  return {
    principal: { type: 'Run', id: principal.run_id },
    action: { type: 'Action', id: action },
    resource: uid,
    context: { ...facts, change_classes: [...change_classes] },
    entities: [runEntity(principal), ...entities],
  }
}

const runEntity = ({ run_id, ...attrs }: ForbidPrincipal): EntityJson => ({
  uid: { type: 'Run', id: run_id },
  attrs: { ...attrs },
  parents: [],
})

/** The resource itself comes first. */
function resourceEntities(resource: ForbidResource): EntityJson[] {
  const attrs = attributesOf(resource)
  switch (resource.kind) {
    case 'path':
      return pathEntities(resource.components, attrs)
    case 'command':
      return [entity('Command', attrs['line'], attrs)]
    case 'host':
      return [entity('Host', resource.name, attrs)]
    case 'tool':
      return [entity('Tool', `${resource.server}/${resource.name}`, attrs)]
    case 'repository':
      return [entity('Repository', resource.address, attrs)]
    default:
      return resource satisfies never
  }
}

type Attributes = { readonly [name: string]: string | readonly string[] }

function attributesOf(resource: ForbidResource): Attributes {
  switch (resource.kind) {
    case 'path':
      return pathAttributes(resource.components)
    case 'command':
      return { program: resource.words[0] ?? '', line: resource.words.join(' '), words: resource.words }
    case 'host':
      return { name: resource.name, domains: domainsOf(resource.name) }
    case 'tool':
      return { server: resource.server, name: resource.name }
    case 'repository':
      return { address: resource.address }
    default:
      return resource satisfies never
  }
}

function pathAttributes(components: readonly string[]): Attributes {
  const name = components.at(-1) ?? ''
  const dot = name.lastIndexOf('.')
  const extension = dot > 0 ? name.slice(dot + 1) : ''
  return { path: `/${components.join('/')}`, name, extension, components: [...new Set(components)] }
}

const foldersOf = (components: readonly string[]): readonly string[] =>
  components.slice(0, -1).map((_, at) => components.slice(0, at + 1).join('/'))

function pathEntities(components: readonly string[], attrs: Attributes): EntityJson[] {
  const folders = foldersOf(components)
  const parent = folders.at(-1)
  return [
    {
      uid: { type: 'Path', id: components.join('/') },
      attrs: attrs as EntityJson['attrs'],
      parents: parent === undefined ? [] : [folderUid(parent)],
    },
    ...folders.map((folder, at) => ({
      uid: folderUid(folder),
      attrs: {},
      parents: at === 0 ? [] : [folderUid(folders[at - 1] ?? '')],
    })),
  ]
}

/** What a request says, as policies look at it, without the engine's form. */
export interface CedarFacts {
  readonly principal: Attributes
  readonly resource: Attributes
  readonly context: Attributes
  /** Folders that a path lies in; undefined for other things. */
  readonly folders: ReadonlySet<string> | undefined
}

/** Undefined where a text is no well-formed Unicode, which the engine reads in its own way. */
export function cedarFacts({ principal, resource, context }: ForbidRequest): CedarFacts | undefined {
  const { run_id: _, ...of_run } = principal
  const facts = {
    principal: of_run,
    resource: attributesOf(resource),
    context: { ...context },
    folders: resource.kind === 'path' ? new Set(foldersOf(resource.components)) : undefined,
  }
  return [facts.principal, facts.resource, facts.context].every(isWellFormed) ? facts : undefined
}

const isWellFormed = (attributes: Attributes): boolean =>
  Object.values(attributes).every((value) =>
    typeof value === 'string' ? value.isWellFormed() : value.every((text) => text.isWellFormed()),
  )

const folderUid = (id: string): EntityUidJson => ({ type: 'Folder', id })
const entity = (type: string, id: unknown, attrs: Attributes): EntityJson => ({
  uid: { type, id: String(id) },
  // Texts and lists of texts are the engine's own form of them.
  attrs: attrs as EntityJson['attrs'],
  parents: [],
})

/** `a.b.example.org`, `b.example.org`, `example.org`, `org`. */
function domainsOf(host: string): string[] {
  const parts = host.split('.')
  return parts.map((_, at) => parts.slice(at).join('.'))
}
