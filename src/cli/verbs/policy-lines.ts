import type { PolicyCaps } from '#domain/policy'
import type {
  PolicyDecision,
  PolicyDifference,
  PolicyLevelLine,
  PolicyReplay,
  PolicyReport,
  PolicyShown,
  PolicyTestOutcome,
  RecordedDecision,
} from '#ports'
import type { Paint } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

/** How lines are laid out. */
interface Style {
  readonly paint: Paint
  readonly width: number
}

const MOST_LINES = 200

/** What reading a policy came to. */
export function reportLines(report: PolicyReport, style: Style): readonly string[] {
  const { paint } = style
  const { problems, notes, place, sha256, version, levels, expires_at } = report
  if (problems.length > 0)
    return [
      `${paint.bad('✗')} ${place}: ${counted(problems.length, 'problem')}`,
      ...problems.slice(0, MOST_LINES).map((problem) => `  ${plainLine(problem)}`),
    ]
  return [
    `${paint.good('✓')} ${place}`,
    `  bundle   ${sha256?.slice(0, 12) ?? ''}`,
    `  version  ${version?.slice(0, 12) ?? ''}`,
    ...(expires_at === null ? [] : [`  ends     ${expires_at}`]),
    ...levelLines(levels, style),
    ...notes.map((note) => `${paint.warn('!')} ${plainLine(note)}`),
  ]
}

function levelLines(levels: readonly PolicyLevelLine[], { width, paint }: Style): readonly string[] {
  const rows = [
    ['platform', 'its own rules', 'every repository'],
    ...levels.map(({ name, rules, applies_to }) => [
      name,
      counted(rules, 'rule'),
      applies_to.length === 0 ? 'every repository' : applies_to.join(', '),
    ]),
  ]
  return [
    '',
    ...table(rows, { width, indent: '  ', paint: (cell, _, column) => (column === 0 ? cell : paint.dim(cell)) }),
  ]
}

/** Tests with what came where something else was expected. */
export function testLines(outcomes: readonly PolicyTestOutcome[], { paint }: Style): readonly string[] {
  if (outcomes.length === 0)
    return ['There are no tests. Write them into tests/*.yaml beside the policy; docs/guides/policy.md shows how.']
  const failed = outcomes.filter(({ passed }) => !passed).length
  return [
    ...outcomes.flatMap(({ name, passed, differences }) => [
      `${passed ? paint.good('✓') : paint.bad('✗')} ${plainLine(name)}`,
      ...differences.map((difference) => `    ${plainLine(difference)}`),
    ]),
    '',
    failed === 0
      ? `${counted(outcomes.length, 'test')} passed`
      : `${failed} of ${counted(outcomes.length, 'test')} failed`,
  ]
}

const MARKS = { allow: '✓', ask: '?', deny: '✗' } as const

/** An answer with the rules that made it. */
export function decisionLines(decision: PolicyDecision, { paint, width }: Style): readonly string[] {
  const ink = { allow: paint.good, ask: paint.warn, deny: paint.bad }
  const { answer, action, explanation, matched_rules, policy_version } = decision
  const rows = matched_rules.map(({ effect, policy, rule }) => [MARKS[effect], effect, policy, rule])
  return [
    `${ink[answer](`${MARKS[answer]} ${answer}`)}  ${action}`,
    `  ${plainLine(explanation)}`,
    '',
    ...table(rows, { width, indent: '  ', paint: (cell, _, column) => (column > 1 ? cell : paint.dim(cell)) }),
    '',
    paint.dim(`  version ${policy_version.slice(0, 12)}`),
  ]
}

/** A decision of the past. */
export const recordLines = ({ decision, created_at, task }: RecordedDecision, style: Style): readonly string[] => [
  ...decisionLines(decision, style),
  style.paint.dim(`  ${decision.decision_id} of ${decision.run_id}, ${created_at}`),
  style.paint.dim(`  ${plainLine(task.repository)}`),
]

const DIRECTIONS = { stricter: '+', looser: '-', changed: '~' } as const

/** What becomes stricter and what looser. */
export function differenceLines(differences: readonly PolicyDifference[], { paint, width }: Style): readonly string[] {
  if (differences.length === 0) return ['Both say the same.']
  const ink = { stricter: paint.good, looser: paint.warn, changed: paint.link }
  const rows = differences
    .slice(0, MOST_LINES)
    .map(({ direction, policy, said }) => [`${DIRECTIONS[direction]} ${direction}`, policy, plainLine(said)])
  const painted = (cell: string, row: number, column: number) => {
    const direction = differences[row]?.direction
    return column === 0 && direction !== undefined ? ink[direction](cell) : cell
  }
  const count = (direction: PolicyDifference['direction']) =>
    differences.filter((each) => each.direction === direction).length
  return [
    ...table(rows, { width, paint: painted }),
    ...more(differences.length),
    '',
    `${count('stricter')} stricter, ${count('looser')} looser, ${count('changed')} changed`,
  ]
}

/** Decisions that would come out otherwise. */
export function replayLines({ asked, changed, left_out }: PolicyReplay, { width, paint }: Style): readonly string[] {
  const rows = changed
    .slice(0, MOST_LINES)
    .map(({ decision_id, was, becomes, action, subject, because }) => [
      decision_id,
      `${was} → ${becomes}`,
      action,
      plainLine(`${subject}${because.length === 0 ? '' : `  (${because.join(', ')})`}`),
    ])
  return [
    ...table(rows, { width, paint: (cell, _, column) => (column === 0 ? paint.dim(cell) : cell) }),
    ...more(changed.length),
    ...(rows.length === 0 ? [] : ['']),
    `${counted(asked, 'decision')} asked, ${changed.length} would come out otherwise`,
    ...(left_out === 0 ? [] : [`${counted(left_out, 'decision')} could not be asked again`]),
  ]
}

/** What is active and what it leaves. */
export function shownLines(shown: PolicyShown, style: Style): readonly string[] {
  const { paint } = style
  const { active, closed, levels, caps, history, files_differ } = shown
  const head =
    active === null
      ? [
          levels.length === 0
            ? 'No policy is active; the platform’s own rules are all there is.'
            : 'The files of GANDER_HOME/policy count; none was activated.',
        ]
      : [
          `Active  ${active.sha256.slice(0, 12)}  since ${active.activated_at} by ${plainLine(active.activated_by)}`,
          ...(active.reason === '' ? [] : [`        ${plainLine(active.reason)}`]),
          `        ${active.signature === null ? 'not signed' : `signed with ${active.signature.key_id}`}`,
        ]
  return [
    ...head,
    ...(closed === null ? [] : [paint.bad(`✗ Nothing is allowed: ${plainLine(closed)}`)]),
    ...levelLines(levels, style),
    ...(caps === null ? [] : capLines(caps)),
    ...(files_differ ? ['', `${paint.warn('!')} The files say something else: gander policy diff active`] : []),
    ...(history.length < 2
      ? []
      : [
          '',
          'Before:',
          ...history
            .slice(1)
            .map((each) =>
              paint.dim(`  ${each.sha256.slice(0, 12)}  ${each.activated_at}  ${plainLine(each.activated_by)}`),
            ),
        ]),
  ]
}

function capLines(caps: PolicyCaps): readonly string[] {
  const budgets = Object.entries(caps.budgets).flatMap(([scope, figures]) =>
    (Object.entries(figures ?? {}) as [string, unknown][]).map(
      ([name, figure]) => `${scope}.${name} ${String(figure)}`,
    ),
  )
  const said = [
    ...(caps.max_mode === null ? [] : [`at most ${caps.max_mode}`]),
    ...(caps.max_autonomy_tier === null ? [] : [`tier ${caps.max_autonomy_tier}`]),
    ...(caps.max_autonomy_level === null ? [] : [`level ${caps.max_autonomy_level}`]),
    ...budgets,
    ...(caps.required_verifiers.length === 0 ? [] : [`must pass: ${caps.required_verifiers.join(', ')}`]),
    ...(caps.egress.allowed_hosts === null ? [] : [`hosts: ${caps.egress.allowed_hosts.join(', ') || 'none'}`]),
  ]
  return said.length === 0 ? [] : ['', ...said.map((each) => `  ${each}`)]
}

const more = (count: number): readonly string[] => (count > MOST_LINES ? [`and ${count - MOST_LINES} more`] : [])
const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
