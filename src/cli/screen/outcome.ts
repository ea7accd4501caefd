import { diffStat, type Change } from '#domain/change'
import type { RunView } from '#ports'
import { asTyped } from './as-typed.ts'
import { counted, money, span } from './figures.ts'
import { STATE_NAMES } from './live-progress.ts'
import type { Paint } from './paint.ts'
import { cut, plainLine, plainText, wrap } from './plain-text.ts'
import { table } from './table.ts'

/** What the summary at the end of a run is made from. */
export interface Outcome {
  readonly view: RunView
  readonly change: Change | undefined
  readonly paint: Paint
  readonly columns: number
  /** How this program is called here. */
  readonly command: string
}

/** The summary of a run that ended or waits. */
export function outcomeLines(outcome: Outcome): readonly string[] {
  const parts = [
    headline(outcome),
    body(outcome),
    incidents(outcome),
    changes(outcome),
    figures(outcome),
    next(outcome),
  ]
  return ['', ...parts.filter((part) => part.length > 0).flatMap((part) => [...part, ''])].slice(0, -1)
}

function headline({ view, paint }: Outcome): readonly string[] {
  const { run } = view
  if (run.state === 'completed' && view.pull_request !== undefined)
    return [
      `${paint.good('✓')} ${paint.strong(`Draft pull request #${view.pull_request.number}`)}  ${paint.link(plainLine(view.pull_request.url))}`,
    ]
  if (run.state === 'completed') return [`${paint.good('✓')} ${paint.strong(COMPLETED[run.mode])}`]
  const ink = run.state === 'failed' || run.state === 'blocked_policy' ? paint.bad : paint.warn
  const name = STATE_NAMES[run.state]
  return [
    `${ink('■')} ${paint.strong(`${name.charAt(0).toUpperCase()}${name.slice(1)}`)}  ${plainLine(view.task.title)}`,
  ]
}

const COMPLETED = {
  analysis_only: 'The plan is made; nothing was changed.',
  dry_run_patch: 'The patch is ready; nothing was published.',
  local_branch: 'The branch is ready; no pull request was made.',
  draft_pr: 'Done.',
} as const

function body(outcome: Outcome): readonly string[] {
  const { view, columns } = outcome
  const { run } = view
  const width = Math.min(columns - 4, 100)
  if (view.pull_request !== undefined && run.state === 'completed') return pullRequest(outcome, width)
  if (run.state === 'completed') return wrap(plainText(run.summary), width).map((line) => `  ${line}`)
  if (run.state === 'paused')
    return labelled([['why', `${run.reason.replaceAll('_', ' ')}: ${run.explanation}`]], outcome)
  if (run.state === 'awaiting_approval') return labelled(askedFor(view, run.approval), outcome)
  if (run.state === 'cancelled') return labelled([['by', run.by]], outcome)
  if (!('diagnosis' in run)) return []
  const { what, why, class: failure } = run.diagnosis
  return labelled(
    [
      ['what', what],
      ['why', why],
      ['class', failure],
    ],
    outcome,
  )
}

/** What a run waits for, from what it asked. */
function askedFor({ approvals = [] }: RunView, id: string): readonly (readonly [string, string])[] {
  const asked = approvals.find((approval) => approval.id === id)
  if (asked === undefined) return [['why', `approval ${id} is asked for`]]
  return [
    ['asks for', `${asked.action} ${asked.subject.join(', ')}`],
    ['why', asked.reason],
    ['until', asked.expires_at],
  ]
}

function incidents(outcome: Outcome): readonly string[] {
  const rows = (outcome.view.incidents ?? []).map(({ kind, where, is_confirmed }): readonly [string, string] => [
    'incident',
    `${is_confirmed ? 'a secret' : 'what looks like a secret'} (${kind}) turned up in ${where} and was cut out; its owner should change it`,
  ])
  return labelled(rows, outcome)
}

function labelled(rows: readonly (readonly [string, string])[], { paint, columns }: Outcome): readonly string[] {
  return rows.flatMap(([label, text]) =>
    wrap(plainLine(text), Math.min(columns - 12, 100)).map(
      (line, index) => `  ${paint.dim((index === 0 ? label : '').padEnd(8))}  ${line}`,
    ),
  )
}

const BODY_LINES = 18

function pullRequest({ view, paint }: Outcome, width: number): readonly string[] {
  const text = view.pull_request_text
  if (text === undefined) return []
  const lines = plainText(text.body)
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
    .split('\n')
    .flatMap((line) => wrap(line, width - 2))
  const more = lines.length > BODY_LINES ? [paint.dim(`… ${counted(lines.length - BODY_LINES, 'more line')}`)] : []
  const shown = lines.slice(0, BODY_LINES).map((line) => (/^#{1,6} /.test(line) ? paint.strong(line) : line))
  return [
    `  ${paint.strong(cut(plainLine(text.title), width))}`,
    ...[...shown, ...more].map((line) => `  ${paint.dim('│')} ${line}`.trimEnd()),
  ]
}

const MOST_FILES = 12

function changes({ change, paint, columns }: Outcome): readonly string[] {
  if (change === undefined || change.files.length === 0) return []
  const stat = diffStat(change.files)
  const rows = change.files
    .slice(0, MOST_FILES)
    .map((file) => [
      file.added_lines === null ? 'binary' : `+${file.added_lines}`,
      file.deleted_lines === null ? '' : `-${file.deleted_lines}`,
      `${plainLine(file.path)}${file.kind === 'modified' ? '' : ` (${file.kind.replaceAll('_', ' ')})`}`,
    ])
  const inks = [paint.good, paint.bad, (text: string) => text]
  const more = change.files.length - rows.length
  return [
    `  ${paint.strong(counted(stat.files, 'file'))} changed, ${paint.good(`+${stat.added}`)} ${paint.bad(`-${stat.deleted}`)}`,
    ...table(rows, {
      width: columns,
      indent: '  ',
      paint: (cell, _, column) => (inks[column] ?? inks[2])?.(cell) ?? cell,
    }),
    ...(more > 0 ? [paint.dim(`  … and ${counted(more, 'more file')}`)] : []),
  ]
}

function figures({ view, paint }: Outcome): readonly string[] {
  const { use, limits } = view
  const row = (label: string, text: string) => `  ${paint.dim(label.padEnd(8))}  ${text}`
  const spent = `${money(use.cost_usd)} of ${money(limits.max_cost_usd)}, ${counted(use.steps, 'step')}, ${counted(use.tokens, 'token')}`
  const elapsed = Date.parse(view.updated_at) - Date.parse(view.created_at)
  return [
    ...(view.packet === undefined ? [] : [row('evidence', view.packet)]),
    ...(view.packet_page === undefined ? [] : [row('page', view.packet_page)]),
    row('cost', spent),
    row('time', timeText(use.active_ms, elapsed)),
    row('run', view.run.id),
  ]
}

/** Steps that run side by side can add up to more than the clock shows; then only the clock is told. */
const timeText = (active_ms: number, elapsed_ms: number): string =>
  active_ms >= elapsed_ms * 0.95 ? span(elapsed_ms) : `${span(elapsed_ms)}, ${span(active_ms)} of it work`

function next({ view, paint, command, columns }: Outcome): readonly string[] {
  const commands = nextCommands(view).map(([typed, does]) => [`${command} ${typed}`, does] as const)
  const advice =
    'diagnosis' in view.run
      ? wrap(asTyped(plainLine(view.run.diagnosis.next), command), Math.min(columns - 2, 96)).map((line) => `  ${line}`)
      : []
  const width = Math.max(0, ...commands.map(([typed]) => typed.length))
  const lines = commands.map(([typed, does]) => `  ${paint.link(typed.padEnd(width))}  ${paint.dim(does)}`)
  return [paint.strong('Next'), ...advice, ...lines]
}

/** What a person may want to type now. */
function nextCommands(view: RunView): readonly (readonly [string, string])[] {
  const { run } = view
  const { id } = run
  const kept = run.facts.tree !== null && run.facts.tree !== run.facts.base_tree
  const diff = [`diff ${id}`, run.state === 'completed' ? 'the change' : 'the work so far'] as const
  const kept_diff = kept ? [diff] : []
  if (run.state === 'completed') {
    const patch = run.mode === 'dry_run_patch' ? [[`diff ${id} > change.patch`, 'keep it as a patch'] as const] : []
    const opened = view.pull_request === undefined ? [] : [[`open ${id}`, 'look at the pull request'] as const]
    const proof = view.packet === undefined ? [] : [[`verify ${id}`, 'check its packet, run its tests again'] as const]
    return [...kept_diff, ...patch, ...opened, ...proof, [`artifacts ${id}`, 'plan, reports, packet']]
  }
  if (run.state === 'paused')
    return [[`continue ${id}${EXTENSIONS[run.reason] ?? ''}`, 'go on'], ...kept_diff, [`cancel ${id}`, 'give it up']]
  if ('diagnosis' in run)
    return [[`show ${id}`, 'what happened'], ...kept_diff, [`continue ${id}`, 'start again as a new run']]
  if (run.state === 'awaiting_approval') return [...answers(view, run.approval), ...kept_diff]
  if (run.state === 'cancelled') return [...kept_diff, [`continue ${id}`, 'start again as a new run']]
  return [[`show ${id}`, 'where it stands'], [`continue ${id}`, 'work on it'], ...kept_diff]
}

/** The answers there are to what a run waits for. */
function answers({ run: { id }, approvals = [] }: RunView, approval: string): readonly (readonly [string, string])[] {
  if (approvals.find((each) => each.id === approval)?.kind !== 'checkpoint')
    return [
      [`approve ${id}`, 'open it for this run, and go on'],
      [`reject ${id}`, 'refuse it and end the run'],
    ]
  return [
    [`approve ${id}`, 'go on'],
    [`approve ${id} --changes TEXT`, 'go on, but do this'],
    [`reject ${id}`, 'stop here and end the run'],
  ]
}

const EXTENSIONS: { readonly [reason: string]: string } = {
  budget_cost: ' --add-cost 5',
  budget_minutes: ' --add-minutes 30',
  budget_steps: ' --add-steps 40',
  budget_tokens: ' --add-tokens 2000000',
}
