import type { Plan, PlanStep } from '#domain/plan'
import type { Platform, RunView } from '#ports'
import type { Paint } from '../screen/paint.ts'
import { plainLine, wrap } from '../screen/plain-text.ts'

/** The record of a plan as far as a screen shows it; a member that an older version did not write is passed over. */
interface ShownRecord {
  readonly plan: Plan
  readonly likely_files?: readonly { readonly path: string }[]
  readonly planned_files?: readonly string[]
  readonly verification?: { readonly focused: string | null; readonly required: readonly string[] }
  readonly owners?: readonly string[]
  readonly risk?: { readonly tier: string | null; readonly notes: readonly string[] }
  readonly approval?: { readonly requires_plan_approval: boolean; readonly kinds: readonly string[] }
  readonly rollback?: readonly string[]
  readonly findings?: readonly { readonly severity: string; readonly message: string }[]
  readonly foreseen?: readonly { readonly severity: string; readonly message: string }[]
}

interface Screen {
  readonly paint: Paint
  readonly width: number
}

const MOST_LIKELY = 3
const MOST_NOTES = 4
const LABEL = 10

/** The accepted plan of a run and what the platform knew around it; nothing where none is on record. */
export async function planLines(
  platform: Pick<Platform, 'artifact'>,
  { artifacts }: Pick<RunView, 'artifacts'>,
  screen: Screen,
): Promise<readonly string[]> {
  const kept = artifacts.findLast(({ kind }) => kind === 'plan_record')
  const bytes = kept === undefined ? undefined : await platform.artifact(kept.sha256)
  if (bytes === undefined) return []
  // The artifact was written from a record, and its bytes are checked against their hash.
  const record = JSON.parse(new TextDecoder().decode(bytes)) as ShownRecord
  const { paint, width } = screen
  const { plan } = record
  return [
    '',
    paint.strong('Plan'),
    ...wrap(plainLine(plan.objective), width - 2).map((line) => `  ${line}`),
    ...plan.steps.flatMap((step) => stepLines(step, screen)),
    ...rows(record).flatMap(([label, text]) => row(label, text, screen)),
    ...remarks(record).flatMap((text) =>
      wrap(plainLine(text), width - 4).map((line, at) => `  ${at === 0 ? paint.warn('!') : ' '} ${line}`),
    ),
  ]
}

/** What is done and where, and below it what will show that it was. */
function stepLines({ id, action, target, expected_evidence }: PlanStep, { paint, width }: Screen): readonly string[] {
  const lead = plainLine(id).slice(0, LABEL)
  const room = width - LABEL - 4
  const act = wrap(`${plainLine(action)}: ${plainLine(target)}`, room)
  const shows = wrap(plainLine(expected_evidence), room - 2)
  return [
    ...act.map((line, at) => `  ${paint.strong((at === 0 ? lead : '').padEnd(LABEL))}  ${line}`),
    ...shows.map((line, at) => paint.dim(`  ${' '.repeat(LABEL)}  ${at === 0 ? '→' : ' '} ${line}`)),
  ]
}

function rows(record: ShownRecord): readonly (readonly [label: string, text: string])[] {
  const { plan, verification, owners = [], risk, approval, rollback = [] } = record
  const checks = [
    ...(verification?.focused ? [`${verification.focused} (first)`] : []),
    ...(verification?.required ?? []),
  ]
  const kinds = (approval?.kinds ?? []).map((kind) => kind.replaceAll('_', ' '))
  const asked = [...(approval?.requires_plan_approval === true ? ['a person looks at the plan'] : []), ...kinds]
  const tier = risk?.tier ?? plan.risk
  // The reasons of the platform's reading stand above the plan; a note without one is what the maps say.
  const domains = (risk?.notes ?? []).filter((note) => !note.includes(': ')).map((note) => note.replaceAll('_', ' '))
  return [
    [
      'likely',
      some(
        (record.likely_files ?? []).map(({ path }) => path),
        MOST_LIKELY,
      ),
    ],
    ['writes', some(record.planned_files ?? [], MOST_LIKELY)],
    ['proof', checks.length > 0 ? checks.join('; ') : plan.verification.join('; ')],
    ['owners', owners.join(', ')],
    ['risk', [tier, ...domains.slice(0, MOST_NOTES)].join('; ')],
    ['approval', asked.join(', ')],
    ['not to do', plan.forbidden.join('; ')],
    ['rollback', rollback.join(' ')],
  ]
}

/** What was foreseen comes before what is odd about the plan itself; what warns of nothing is left out. */
const remarks = ({ foreseen = [], findings = [] }: ShownRecord): readonly string[] =>
  [...foreseen, ...findings].map(({ message }) => message)

const row = (label: string, text: string, { paint, width }: Screen): readonly string[] =>
  text === ''
    ? []
    : wrap(plainLine(text), width - LABEL - 4).map(
        (line, at) => `  ${paint.dim((at === 0 ? label : '').padEnd(LABEL))}  ${line}`,
      )

const some = (entries: readonly string[], most: number): string =>
  entries.length <= most ? entries.join(', ') : `${entries.slice(0, most).join(', ')} and ${entries.length - most} more`
