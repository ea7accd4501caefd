import type { PlanRow, StrengthReport } from '#domain/verification'
import type { Platform, RunView } from '#ports'
import type { Paint } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

/** The table of the last verification plan of a run: each check, what came of it, and why it was not run. */
export async function strengthLines(
  platform: Platform,
  { artifacts }: RunView,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): Promise<readonly string[]> {
  const kept = artifacts.findLast(({ kind }) => kind === 'test_strength')
  const bytes = kept === undefined ? undefined : await platform.artifact(kept.sha256)
  if (bytes === undefined) return []
  // The artifact was written from a report, and its bytes are checked against their hash.
  const { plan, rows } = JSON.parse(new TextDecoder().decode(bytes)) as StrengthReport
  const shown = rows.filter(({ demand, outcome }) => demand === 'required' || outcome !== 'not_run')
  const left = rows.length - shown.length
  const lines = table(shown.map(cells), { width, indent: '  ' })
  const more = left === 0 ? [] : [`  ${paint.dim(`${left} optional checks were not run; the packet says why`)}`]
  return ['', paint.strong(`Verification plan, ${plan.tier} risk`), ...lines, ...more]
}

const MARKS = { passed: '✓', failed: '✗', not_run: '–' } as const

const cells = ({ check, demand, outcome, detail, not_run_reason, pre_existing }: PlanRow): readonly string[] => [
  MARKS[outcome],
  check.replaceAll('_', ' '),
  demand,
  plainLine(`${not_run_reason ?? detail ?? ''}${pre_existing === true ? ', as on the base commit' : ''}`),
]
