import { coversHost, reachesFurther, type NameRule } from '#domain/policy'
import { RUN_MODES } from '#domain/task'
import type { Match } from '../match.ts'
import { CHANGING_ACTIONS, type AskedAct } from './asked-act.ts'
import { names, type CompiledLevel } from './compile-level.ts'
import { cedarRules } from './cedar-rules.ts'

/** What levels say about an act, the widest first: rules that ask or deny, or nothing. */
export function levelRules(levels: readonly CompiledLevel[], act: AskedAct): readonly Match[] {
  const speaking = levels.filter(({ document: { tool } }) => tool === undefined || tool === act.tool)
  const cedar = cedarRules(speaking, act)
  return speaking.flatMap((level) => [...ownRules(level, act), ...(cedar.get(level) ?? [])])
}

function ownRules(level: CompiledLevel, act: AskedAct): readonly Match[] {
  const { document } = level
  return [
    ...pathRules(level, act),
    ...nameRules(level, document.actions, { asked: [act.question.action], what: 'The action' }),
    ...nameRules(level, document.tools, { asked: toolNames(act), what: 'The tool' }),
    ...nameRules(level, document.capabilities, { asked: [act.principal.capability], what: 'The capability' }),
    ...nameRules(level, document.change_classes, { asked: act.change_classes, what: 'A change of the class' }),
    ...commandRules(level, act),
    ...hostRules(level, act),
    ...reachRules(level, act),
    ...verifierRules(level, act),
    ...budgetRules(level, act),
  ]
}

function pathRules({ paths, document }: CompiledLevel, { question, paths: asked }: AskedAct): readonly Match[] {
  if (!CHANGING_ACTIONS.includes(question.action) || paths.length === 0) return []
  const agreed = question.scope.agreed_paths ?? []
  return asked.flatMap(({ path, folded }) =>
    paths
      .filter((rule) => rule.paths.some((glob) => glob.covers(folded)))
      .filter((rule) => !rule.except.some((glob) => glob.covers(folded)))
      .map(({ rule, effect, why }): Match => {
        if (effect === 'ask' && agreed.includes(path))
          return { policy: document.name, rule: `${rule}_agreed`, effect: 'allow', why: `a person agreed to ${path}` }
        const closed = effect === 'ask' ? 'needs a person who agrees' : 'is closed'
        const instead =
          effect === 'ask'
            ? 'If the task needs it, say so with report_blocked, and a person decides.'
            : 'Leave it as it is and change other files of the scope.'
        return { policy: document.name, rule, effect, why: sentence(`${path} ${closed}`, why, instead) }
      }),
  )
}

interface Named {
  readonly asked: readonly string[]
  /** What a name is one of. */
  readonly what: string
}

function nameRules({ document }: CompiledLevel, rules: readonly NameRule[], { asked, what }: Named): readonly Match[] {
  return rules.flatMap((rule) => {
    const name = asked.find((each) => names(rule, each))
    if (name === undefined) return []
    const closed = rule.effect === 'ask' ? 'needs a person who agrees' : 'is closed'
    return [
      {
        policy: document.name,
        rule: rule.rule,
        effect: rule.effect,
        why: sentence(`${what} ${name} ${closed}`, rule.why),
      },
    ]
  })
}

/** A foreign tool is also known by its server: `tickets/create`. */
const toolNames = ({ tool, server }: AskedAct): readonly string[] =>
  tool === '' ? [] : server === '' ? [tool] : [tool, `${server}/${tool}`]

function commandRules({ document }: CompiledLevel, { question, commands }: AskedAct): readonly Match[] {
  if (question.action !== 'shell.exec' || document.commands.length === 0) return []
  if (commands === undefined)
    return [
      { policy: document.name, rule: 'commands.unreadable', effect: 'deny', why: 'The command line can not be read.' },
    ]
  return document.commands.flatMap(({ rule, effect, why, names: wanted }) => {
    const found = commands.find((words) => wanted.some((name) => startsWith(words, name)))
    if (found === undefined) return []
    const closed = effect === 'ask' ? 'needs a person who agrees' : 'is closed'
    return [{ policy: document.name, rule, effect, why: sentence(`${found.slice(0, 3).join(' ')} ${closed}`, why) }]
  })
}

/** `docker` is any docker command; `make deploy` is make with deploy among its words. */
function startsWith(words: readonly string[], name: string): boolean {
  const [program = '', ...rest] = name.toLowerCase().split(/\s+/)
  const [given = '', ...others] = words
  const isProgram = program.endsWith('*') ? given.startsWith(program.slice(0, -1)) : given === program
  return isProgram && rest.every((word) => others.some((other) => other.toLowerCase() === word))
}

function hostRules({ document }: CompiledLevel, { question, host }: AskedAct): readonly Match[] {
  if (question.action !== 'egress.connect') return []
  const { allowed_hosts, denied_hosts, ask } = document.egress
  const deny = (rule: string, why: string): Match => ({ policy: document.name, rule, effect: 'deny', why })
  return [
    ...(denied_hosts.some((pattern) => coversHost(pattern, host))
      ? [deny('egress.denied_hosts', `${host} is closed to runs.`)]
      : []),
    ...(allowed_hosts !== null && !allowed_hosts.some((pattern) => coversHost(pattern, host))
      ? [deny('egress.allowed_hosts', `${host} is not among the hosts that runs may reach: ${listed(allowed_hosts)}.`)]
      : []),
    ...(ask ? [] : [deny('egress.ask', 'No host is opened on request.')]),
  ]
}

function reachRules({ document }: CompiledLevel, { question }: AskedAct): readonly Match[] {
  const { max_mode } = document
  const mode = RUN_MODES.find((known) => known === question.facts['mode'])
  if (max_mode === null || mode === undefined || !reachesFurther(mode, max_mode)) return []
  const why = `A run may reach ${max_mode} at most, and this one asks for ${mode}. Submit it with --mode ${max_mode}.`
  return [{ policy: document.name, rule: 'max_mode', effect: 'deny', why }]
}

/** Asked where the question says which verifiers are required (fact `verifiers`). */
function verifierRules({ document }: CompiledLevel, { question }: AskedAct): readonly Match[] {
  const given = question.facts['verifiers']
  if (!Array.isArray(given)) return []
  const missing = document.required_verifiers.filter((name) => !given.includes(name))
  if (missing.length === 0) return []
  const why = `The verification profile lacks ${missing.join(', ')}. Give a profile that has them with --verify FILE.`
  return [{ policy: document.name, rule: 'required_verifiers', effect: 'deny', why }]
}

/** Asked where the question says what the run may use (fact `limits`). */
function budgetRules({ document }: CompiledLevel, { question }: AskedAct): readonly Match[] {
  const limits = question.facts['limits']
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) return []
  const over = Object.entries(document.budgets.run ?? {}).filter(([name, cap]) => {
    const limit: unknown = Object.entries(limits).find(([key]) => key === name)?.[1]
    return cap !== undefined && !(typeof limit === 'number' && limit <= cap)
  })
  if (over.length === 0) return []
  const why = `A run may use ${over.map(([name, cap]) => `${name} ${cap}`).join(', ')} at most, and this one may use more. Submit it with smaller limits, such as --max-cost.`
  return [{ policy: document.name, rule: 'budgets.run', effect: 'deny', why }]
}

const listed = (hosts: readonly string[]): string => (hosts.length === 0 ? 'none' : hosts.slice(0, 12).join(', '))

/** What happened, why, and what is possible instead; a path or a program keeps its own letters. */
const sentence = (what: string, why: string, instead = ''): string =>
  [`${what}${why === '' ? '' : `: ${why.replace(/[.]$/, '')}`}.`, instead].filter((part) => part !== '').join(' ')
