import { RUN_MODES, type CapabilityGrant, type Request, type Task } from '../task/index.ts'

/** True where a pattern covers a name; `*` stands for any characters, letter case counts not. */
export function covers(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
    return new RegExp(`^${parts.join('.*')}$`, 'is').test(name)
  })
}

type Asked = Pick<Task, 'agent' | 'mode' | 'repository' | 'review'> & {
  /** Where the request came in; absent: that is not asked. */
  readonly source?: Request['source']
}

/** What a task asks for beyond its capability, one sentence each; empty where it stays within. */
export function beyondGrant(grant: CapabilityGrant, asked: Asked): readonly string[] {
  const { agent, mode, repository, source, review } = asked
  const beyond: string[] = []
  if (source !== undefined && !grant.inputs.includes(source))
    beyond.push(`it takes no task from ${source} (it takes ${listed(grant.inputs)})`)
  if (!covers(grant.repositories, repository))
    beyond.push(`it is not for ${repository} (it is for ${listed(grant.repositories)})`)
  if (RUN_MODES.indexOf(mode) > RUN_MODES.indexOf(grant.reach))
    beyond.push(`the mode ${mode} is beyond it (it reaches ${grant.reach})`)
  // A review runs nothing, whoever is named.
  const own_hands = agent.kind === 'guest' || (agent.kind === 'transform' && agent.rule.kind === 'command')
  if (own_hands && review === undefined && !(grant.tools.includes('shell_exec') && grant.tools.includes('file_write')))
    beyond.push('a guest or a command works with its own hands, and needs run_commands and edit_files')
  if (agent.kind === 'transform') return beyond
  for (const model of agent.kind === 'native' ? [agent.model, agent.fallback] : [agent.model]) {
    const name = model === null ? undefined : `${model.provider}:${model.model}`
    if (name !== undefined && !covers(grant.models, name))
      beyond.push(`the model ${name} is not for it (${listed(grant.models)} are)`)
  }
  return beyond
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))

/** True where the capability lets an agent use a tool; a task without one is from before there were any. */
export const grantsTool = (task: Pick<Task, 'grant'>, tool: string): boolean =>
  task.grant === undefined || task.grant.tools.includes(tool)
