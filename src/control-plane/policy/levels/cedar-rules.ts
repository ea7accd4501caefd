import { refuse } from '#domain/result'
import type { ForbidAnswer, ForbidResource } from '#ports'
import { ACTION_RULES } from '../action-rules.ts'
import type { Match } from '../match.ts'
import type { AskedAct } from './asked-act.ts'
import type { CompiledLevel } from './compile-level.ts'

const PATH_ACTIONS = ['file.read', 'file.list', 'file.search', 'file.write', 'tree.path']

function resourceKind(action: string): ForbidResource['kind'] {
  if (PATH_ACTIONS.includes(action)) return 'path'
  if (action === 'shell.exec') return 'command'
  if (action === 'egress.connect') return 'host'
  return action === 'mcp.call' ? 'tool' : 'repository'
}

/** What each action there is is done to: the engine's schema. */
export const ACTION_RESOURCES: { readonly [action: string]: ForbidResource['kind'] } = Object.fromEntries(
  ACTION_RULES.flatMap(({ actions }) => actions.map((action) => [action, resourceKind(action)])),
)

/** What the Cedar policies of each level say, asked together; anything that goes wrong there is a deny. */
export function cedarRules(
  levels: readonly CompiledLevel[],
  act: AskedAct,
): ReadonlyMap<CompiledLevel, readonly Match[]> {
  const spoken = levels.flatMap((level) => (level.forbids === null ? [] : [{ level, forbids: level.forbids }]))
  const [first, ...others] = spoken.map(({ forbids }) => forbids)
  if (first === undefined) return new Map()
  const { question, principal, tool, change_classes } = act
  const { facts, action, state } = question
  const context = {
    state,
    tool,
    change_classes,
    branch: textOf(facts['branch']),
    content_class: textOf(facts['content_class']),
  }
  const found = new Map(spoken.map(({ level }) => [level, new Map<string, Match>()]))
  for (const resource of resourcesOf(act)) {
    const answers = first.askTogether(others, { action, principal, resource, context })
    for (const [at, { level }] of spoken.entries()) {
      const answer = answers[at] ?? refuse('the engine gave no answer')
      for (const match of matchesOf(level, answer).map((each) => agreed(each, act, resource)))
        found.get(level)?.set(match.rule, match)
    }
  }
  return new Map([...found].map(([level, matches]) => [level, [...matches.values()]]))
}

function matchesOf({ document }: CompiledLevel, answer: ForbidAnswer): readonly Match[] {
  const policy = document.name
  return answer.ok
    ? answer.value.map(({ rule, effect, why }) => ({ policy, rule, effect, why }))
    : [{ policy, rule: 'cedar.error', effect: 'deny', why: `A policy failed: ${answer.refusal}` }]
}

/** A path that a person agreed to needs no further asking. */
function agreed(match: Match, { question, paths }: AskedAct, resource: ForbidResource): Match {
  if (match.effect !== 'ask' || resource.kind !== 'path') return match
  const folded = resource.components.join('/')
  const path = paths.find((each) => each.folded === folded)?.path
  if (path === undefined || !(question.scope.agreed_paths ?? []).includes(path)) return match
  return { ...match, rule: `${match.rule}_agreed`, effect: 'allow', why: `a person agreed to ${path}` }
}

function resourcesOf({
  question,
  principal,
  paths,
  commands,
  host,
  tool,
  server,
}: AskedAct): readonly ForbidResource[] {
  const kind = resourceKind(question.action)
  switch (kind) {
    case 'path':
      return paths.map(({ folded }) => ({ kind: 'path', components: folded.split('/') }))
    case 'command':
      return (commands ?? [question.argv]).map((words) => ({ kind: 'command', words }))
    case 'host':
      return [{ kind: 'host', name: host }]
    case 'tool':
      return [{ kind: 'tool', server, name: tool }]
    case 'repository':
      return [{ kind: 'repository', address: principal.repository }]
    default:
      return kind satisfies never
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
