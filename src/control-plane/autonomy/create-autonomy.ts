import {
  capReach,
  earnedLevel,
  phaseCap,
  reachOfTier,
  ROLLOUT_PHASES,
  weighCriteria,
  type ReachCap,
  type WeighedCriterion,
} from '#domain/autonomy'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Task } from '#domain/task'
import { LEVEL_NAMES, type GateAuthority } from '#domain/workflow'
import type { Autonomy, AutonomyRecords, AutonomyView, ClassPhase } from '#ports'
import type { WorkflowFile } from './read-workflow.ts'

interface AutonomyParts {
  readonly records: AutonomyRecords
  /** Read anew for each task. @throws GanderError `workflow_invalid` */
  readonly workflow: () => Promise<WorkflowFile>
}

/** The level of a run that nobody chose one for. */
const USUAL_LEVEL: GateAuthority = 3

/** Makes the room that grants autonomy and moves it. */
export function createAutonomy({ records, workflow }: AutonomyParts): Autonomy {
  return {
    async grant(task, wanted) {
      const [file, phase] = await Promise.all([workflow(), records.phase(task.tenant_id, task.capability)])
      const { level, level_reason } = await levelFor(records, task, { wanted: wanted.level, most: file.level })
      return { reach: capReach(task.mode, capsOf(task, phase)), workflow: file.profile(level), level_reason }
    },
    view: async (tenant) => {
      const classes = await records.classes(tenant)
      return Promise.all(classes.map((each) => viewOf(records, tenant, each)))
    },
    move: (tenant, task_class, wish) => move(records, tenant, { task_class, ...wish }),
  }
}

function capsOf({ grant }: Task, { phase }: ClassPhase): readonly ReachCap[] {
  const of_phase = phaseCap(phase)
  if (grant === undefined) return [of_phase]
  const tier = grant.max_autonomy_tier
  const reason = `the capability ${grant.id} is of tier ${tier}`
  return [of_phase, { source: 'capability', reach: reachOfTier(tier), reason }]
}

/** The lowest of what was asked for, what the file has at most, and for level 4 what was earned. */
async function levelFor(
  records: AutonomyRecords,
  task: Task,
  { wanted, most }: { readonly wanted: GateAuthority | null; readonly most: GateAuthority | null },
): Promise<{ readonly level: GateAuthority; readonly level_reason: string | null }> {
  const asked = wanted ?? most ?? USUAL_LEVEL
  if (most !== null && asked > most)
    return { level: most, level_reason: `workflow.yaml goes as far as level ${most} (${LEVEL_NAMES[most]})` }
  if (asked < 4) return { level: asked, level_reason: null }
  const figures = await records.figures(task.tenant_id, task.capability, null)
  const { level, missing } = earnedLevel(figures)
  if (level === 4) return { level: 4, level_reason: null }
  return { level: 3, level_reason: `${task.capability} has not earned level 4: ${missing.join('; ')}` }
}

async function viewOf(records: AutonomyRecords, tenant: TenantId, known: ClassPhase): Promise<AutonomyView> {
  const [figures, since] = await Promise.all([
    records.figures(tenant, known.task_class, null),
    records.figures(tenant, known.task_class, known.moved_at),
  ])
  const { level: earned_level, missing } = earnedLevel(figures)
  const { name } = ROLLOUT_PHASES[known.phase]
  return { ...known, name, figures: since, criteria: weighCriteria(known.phase, since), earned_level, missing }
}

type Wish = Parameters<Autonomy['move']>[2] & { readonly task_class: string }

/** Down at once, up by one phase where its criteria are met; who overrides them says why, and the record keeps it. */
async function move(records: AutonomyRecords, tenant: TenantId, wish: Wish): Promise<AutonomyView> {
  const { task_class, to, by, override } = wish
  const now = await records.phase(tenant, task_class)
  if (to === now.phase)
    throw new GanderError('rollout_criteria_unmet', `${task_class} is in phase ${to} already.`, {
      remedy: '`gander autonomy` shows the phases.',
    })
  if (to > now.phase + 1)
    throw new GanderError(
      'rollout_criteria_unmet',
      `No phase is left out: after ${now.phase} comes ${now.phase + 1}.`,
      {
        remedy: `\`gander autonomy move ${task_class} ${now.phase + 1}\` goes one on.`,
      },
    )
  const unmet = to < now.phase ? [] : (await viewOf(records, tenant, now)).criteria.filter(({ met }) => !met)
  if (unmet.length > 0 && (!override || wish.reason === ''))
    throw new GanderError(
      'rollout_criteria_unmet',
      `${task_class} may not leave phase ${now.phase}: ${unmet.map(said).join('; ')}.`,
    )
  const kept = unmet.length === 0 ? '' : ` (against its criteria: ${unmet.map(said).join('; ')})`
  const reason = `${wish.reason}${kept}`
  return viewOf(records, tenant, await records.move(tenant, task_class, { from: now.phase, to, by, reason }))
}

const said = ({ metric, must, value, measured }: WeighedCriterion): string =>
  `${metric.replaceAll('_', ' ')} ${measured === null ? 'is not measured' : `is ${shown(measured)}`}, wanted at ${must} ${shown(value)}`

const shown = (figure: number): string => (Number.isInteger(figure) ? String(figure) : figure.toFixed(3))
