import type { JsonObject } from '#domain/json'
import { foldPath, parsePath } from '#domain/path'
import { RUN_MODES } from '#domain/task'
import type { Identifiers, Policy, PolicyDecision, PolicyQuestion } from '#ports'
import { ACTION_RULES, CLOSED_CONTENT, type ActionRule } from './action-rules.ts'
import { pullRequestRules, pushRules } from './branch-rules.ts'
import { dependencyRules } from './dependency-rules.ts'
import { commandRules } from './inspect-command.ts'
import { askedAct, CHANGING_ACTIONS, type RunSubject } from './levels/asked-act.ts'
import type { CompiledPolicy } from './levels/compile-policy.ts'
import { policyVersion } from './levels/compile-policy.ts'
import { levelRules } from './levels/level-rules.ts'
import { egressRules, sandboxRules } from './sandbox-rules.ts'
import { strictest, type Match } from './match.ts'
import { changeRules, isNamed, readRules, scopeSentence } from './path-rules.ts'

const MAX_PATHS = 2000
const UNDECIDABLE = 'platform.undecidable'

/** What levels below the platform's own rules say, and of which run. */
export interface LevelsOfRun {
  readonly policy: CompiledPolicy
  readonly subject: RunSubject
}

/** What a policy decides with. */
export interface PolicyParts {
  readonly identifiers: Identifiers
  /** Absent: the platform's own rules are all there is. */
  readonly levels?: LevelsOfRun
}

/**
 * Makes the policy of an installation, or of one run where levels are given. Pure: the same question gets the same
 * answer, whatever was asked before. An error while deciding, an unknown action, a missing fact or an unreadable glob is
 * a deny, never an exception. Every level is asked, and the strictest answer counts.
 */
export function createPolicy({ identifiers, levels }: PolicyParts): Policy {
  const version = levels?.policy.effective.version ?? policyVersion([])
  return {
    version,
    decide: (question) =>
      decisionOf(matchesOf(question, levels), { question, version, id: identifiers.make('decision') }),
  }
}

interface Decided {
  readonly question: PolicyQuestion
  readonly version: string
  readonly id: PolicyDecision['decision_id']
}

/** The record of an answer: the strictest of what matched. */
export function decisionOf(matches: readonly Match[], { question, version, id }: Decided): PolicyDecision {
  const answer = strictest(matches)
  return {
    decision_id: id,
    run_id: question.run_id,
    answer,
    action: question.action,
    args_hash: question.args_hash,
    requested: matches.some(({ rule }) => rule === UNDECIDABLE) ? {} : requestedOf(question),
    matched_rules: matches.map(({ policy, rule, effect }) => ({ policy, rule, effect })),
    explanation: explain(answer, matches, question),
    policy_version: version,
  }
}

function matchesOf(question: PolicyQuestion, levels: LevelsOfRun | undefined): readonly Match[] {
  try {
    const rule = ACTION_RULES.find(({ actions }) => actions.includes(question.action))
    if (rule === undefined) return [deny('platform.unknown_action', `${question.action} is no action that a run has.`)]
    const refused = precondition(rule, question)
    if (refused !== undefined) return [refused]
    return unique(agreedTo([...decideBy(rule, question), ...below(question, levels)], question))
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown error'
    return [deny(UNDECIDABLE, `This can't be decided (${reason}), so it is denied.`)]
  }
}

/** A person's yes to exactly this takes what would be asked; what is denied stays denied. */
export function agreedTo(
  matches: readonly Match[],
  { agreed, action, paths, scope }: Pick<PolicyQuestion, 'agreed' | 'action' | 'paths' | 'scope'>,
): readonly Match[] {
  const known = scope.agreed_paths ?? []
  const isOfPaths = CHANGING_ACTIONS.includes(action) && paths.length > 0 && paths.every((path) => known.includes(path))
  if (agreed === undefined && !isOfPaths) return matches
  const why = agreed === undefined ? 'a person agreed to these paths' : `a person agreed to it in ${agreed}`
  return matches.map((match) =>
    match.effect === 'ask' ? { ...match, rule: `${match.rule}_agreed`, effect: 'allow', why } : match,
  )
}

/** What the levels say that are not the platform's own. */
export function below(question: PolicyQuestion, levels: LevelsOfRun | undefined): readonly Match[] {
  if (levels === undefined || levels.policy.levels.length === 0) return []
  const act = askedAct(question, levels.subject)
  return levelRules(levels.policy.levels, act)
}

function precondition(rule: ActionRule, question: PolicyQuestion): Match | undefined {
  const { action, state, facts } = question
  if (!/^[0-9a-f]{64}$/.test(question.args_hash))
    return deny('platform.unbound', `${action} came without the hash of its arguments.`)
  if (!rule.states.includes(state)) return deny('platform.state', `${action} is not open while the run is ${state}.`)
  const missing = (rule.facts ?? []).filter((name) => facts[name] === undefined || facts[name] === null)
  if (missing.length > 0) return deny('platform.missing_facts', `${action} lacks the facts ${missing.join(', ')}.`)
  if (facts['mode'] !== undefined) {
    const mode = RUN_MODES.find((known) => known === facts['mode'])
    if (mode === undefined || (rule.modes !== undefined && !rule.modes.includes(mode)))
      return deny(
        'platform.reach',
        `${action} is beyond the reach of a task whose mode is ${JSON.stringify(facts['mode'])}.`,
      )
  }
  return undefined
}

function decideBy(rule: ActionRule, question: PolicyQuestion): readonly Match[] {
  const { paths, scope } = question
  if (paths.length > MAX_PATHS) return [deny('platform.too_many_paths', `More than ${MAX_PATHS} paths at once.`)]
  switch (rule.decided_by) {
    case 'read_paths':
      return [open(question.action), ...paths.flatMap(readRules)]
    case 'changed_paths':
      if (paths.length === 0) return [deny('platform.missing_facts', `${question.action} names no path.`)]
      return [...paths.flatMap((path) => changeRules(path, scope)), ...contentRules(question)]
    case 'command':
      return commandRules(question.argv)
    case 'branch':
      return pushRules(question.facts)
    case 'pull_request':
      return pullRequestRules(question.facts)
    case 'sandbox':
      return sandboxRules(question.facts)
    case 'egress':
      return egressRules(question.facts)
    case 'dependency':
      return dependencyRules(question.facts)
    case undefined:
      return [open(question.action)]
    default:
      return rule.decided_by satisfies never
  }
}

function contentRules({ facts, paths, scope }: PolicyQuestion): readonly Match[] {
  const closed = CLOSED_CONTENT.find(({ content_class }) => content_class === facts['content_class'])
  if (closed === undefined) return []
  const isOpened = paths.every((path) => {
    const parsed = parsePath(path)
    const folded = parsed.ok ? foldPath(parsed.value) : undefined
    return folded !== undefined && isNamed(folded.join('/'), scope)
  })
  return isOpened
    ? [{ policy: 'task', rule: `${closed.rule}_named`, effect: 'allow', why: 'the task names the file' }]
    : [deny(closed.rule, closed.why)]
}

/** The same rule for a second path says nothing new. */
function unique(matches: readonly Match[]): readonly Match[] {
  const seen = new Map<string, Match>()
  for (const match of matches)
    if (!seen.has(`${match.policy} ${match.rule}`)) seen.set(`${match.policy} ${match.rule}`, match)
  return [...seen.values()]
}

function explain(answer: Match['effect'], matches: readonly Match[], { action, scope }: PolicyQuestion): string {
  if (answer === 'allow') return `${action} is allowed.`
  const reasons = matches
    .filter(({ effect }) => effect === answer)
    .map(({ why, rule, policy }) => `${sentence(why)} [${OWN.includes(policy) ? rule : `${policy}: ${rule}`}]`)
  const isAboutPaths = action === 'file.write' || action === 'tree.path'
  return [...reasons, ...(isAboutPaths ? [scopeSentence(scope)] : [])].join(' ')
}

/** Names that need no saying: the platform's own rules and the task's scope. */
const OWN = ['platform', 'task']

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

/** Facts that levels look at, so that another policy can be asked about the same act later. */
const KEPT_FACTS = [
  'mode',
  'host',
  'tool',
  'server',
  'branch',
  'content_class',
  'change_classes',
  'verifiers',
  'limits',
  'dependency_task',
  'asked_by',
  'packages',
]

function requestedOf({ action, paths, argv, state, facts, agreed, scope }: PolicyQuestion): JsonObject {
  const kept = Object.entries(facts).filter(([name]) => KEPT_FACTS.includes(name))
  return {
    action,
    state,
    paths: paths.slice(0, 50),
    argv: argv.slice(0, 50).map((word) => word.slice(0, 400)),
    ...(kept.length === 0 ? {} : { facts: Object.fromEntries(kept) }),
    ...(agreed !== undefined && { agreed }),
    ...agreedPaths(paths.filter((path) => (scope.agreed_paths ?? []).includes(path)).slice(0, 50)),
  }
}

const agreedPaths = (paths: readonly string[]) => (paths.length === 0 ? {} : { agreed_paths: paths })

const open = (action: string): Match => ({
  policy: 'platform',
  rule: 'platform.open',
  effect: 'allow',
  why: `${action} is open in this state`,
})
const deny = (rule: string, why: string): Match => ({ policy: 'platform', rule, effect: 'deny', why })
