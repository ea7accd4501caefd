import type { Run } from '#domain/run'
import type { PolicyDecision, ReplayComparison, ReplayReport, StepRecord } from '#ports'
import { stepLines, type StepLine } from './step-lines.ts'

/** A run as it is on record. */
export interface PlayedRun {
  readonly run: Run
  readonly steps: readonly StepRecord[]
  readonly decisions: readonly PolicyDecision[]
}

/** States in which a run has done what it was asked for; a replay opens nothing, and completes instead. */
const DONE: ReadonlySet<Run['state']> = new Set(['completed', 'pr_created'])

/** Gates that a run which opens nothing does not come to. */
const OF_PUBLISHING: ReadonlySet<string> = new Set(['approval', 'publication'])
const ACTS_OF_PUBLISHING: ReadonlySet<string> = new Set(['branch.push', 'pull_request.open'])

/** Holds a replay against its original: the tree, how it ended, what policy answered, and step by step. */
export function compareRuns(was: PlayedRun, is: PlayedRun): ReplayReport {
  const lines = { was: stepLines(was.steps), is: stepLines(is.steps) }
  const departed = firstDeparture(lines.was, lines.is, is.run)
  const compared = [
    compare('tree', was.run.facts.tree ?? 'none', is.run.facts.tree ?? 'none'),
    compare('verdict', verdictOf(was.run), verdictOf(is.run)),
    compareDecisions(decisionsOf(was), decisionsOf(is)),
    { ...compare('steps', `${lines.was.length}`, `${lines.is.length}`), same: departed === null },
  ]
  const same = compared.every((each) => each.same)
  return { run_id: was.run.id, replay_id: is.run.id, same, compared, departed }
}

const compare = (what: ReplayComparison['what'], was: string, is: string): ReplayComparison => ({
  what,
  same: was === is,
  was,
  is,
})

function verdictOf({ state, facts }: Run): string {
  const gates = Object.entries(facts.gates)
    .filter(([gate]) => !OF_PUBLISHING.has(gate))
    .map(([gate, answer]) => `${gate} ${answer}`)
    .toSorted()
  return [DONE.has(state) ? 'done' : state, ...gates].join(', ')
}

/** What was asked and what came of it, by which rules; sorted, because what runs side by side is asked in any order. */
const decisionsOf = ({ decisions }: PlayedRun): readonly string[] =>
  decisions
    .filter(({ action }) => !ACTS_OF_PUBLISHING.has(action))
    .map(({ action, answer, matched_rules }) =>
      [action, answer, ...matched_rules.map(({ policy, rule }) => `${policy}/${rule}`)].join(' '),
    )
    .toSorted()

function compareDecisions(was: readonly string[], is: readonly string[]): ReplayComparison {
  if (was.join('\n') === is.join('\n')) return compare('decisions', `${was.length}`, `${is.length}`)
  const lost = without(was, is)
  const added = without(is, was)
  const shown = (all: readonly string[], apart: readonly string[]): string =>
    apart.length === 0 ? `${all.length}` : `${all.length}, such as ${apart[0] ?? ''}`
  return { what: 'decisions', same: false, was: shown(was, lost), is: shown(is, added) }
}

/** What of a list is not in another, as often as it is there. */
function without(list: readonly string[], other: readonly string[]): readonly string[] {
  const left = [...other]
  return list.filter((each) => {
    const at = left.indexOf(each)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function firstDeparture(was: readonly StepLine[], is: readonly StepLine[], run: Run): ReplayReport['departed'] {
  const found = new Map(is.map((line) => [line.key, line]))
  for (const { n, key, line } of was) {
    const again = found.get(key)
    found.delete(key)
    if (again === undefined) return { step: n, key, why: `it was ${line}, and did not happen${endOf(run)}` }
    if (again.line !== line) return { step: n, key, why: `it was ${line}, and is ${again.line}` }
  }
  const [more] = found.values()
  return more === undefined ? null : { step: more.n, key: more.key, why: `it is ${more.line}, and was not there` }
}

/** Why a replay came to its end early. */
function endOf(run: Run): string {
  if (run.state === 'paused') return `: ${run.explanation}`
  if (run.state === 'awaiting_approval') return ': the replay waits for leave'
  if (run.state === 'cancelled') return `: cancelled by ${run.by}`
  return 'diagnosis' in run ? `: ${run.diagnosis.why}` : ''
}
