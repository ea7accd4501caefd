import { earnedLevel, ROLLOUT_PHASES, weighCriteria } from '#domain/autonomy'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Autonomy, AutonomyRecords, AutonomyView, ClassPhase } from '#ports'
import { grantTo, type AutonomyParts } from './grant-to.ts'
import { saidOf } from './said-of.ts'

/** Makes the room that grants autonomy and moves it. */
export function createAutonomy({ records, calibrations, workflow }: AutonomyParts): Autonomy {
  const parts = { records, workflow, ...(calibrations && { calibrations }) }
  return {
    grant: (task, wanted) => grantTo(parts, task, wanted),
    calibrated: (tenant, calibration) => {
      if (calibrations === undefined) throw new GanderError('internal', 'Nobody keeps what calibration finds.')
      return calibrations.record(tenant, calibration)
    },
    gates: async (tenant) => (await calibrations?.strengths(tenant)) ?? [],
    view: async (tenant) => {
      const classes = await records.classes(tenant)
      return Promise.all(classes.map((each) => viewOf(records, tenant, each)))
    },
    move: (tenant, task_class, wish) => move(records, tenant, { task_class, ...wish }),
  }
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
      `${task_class} may not leave phase ${now.phase}: ${unmet.map(saidOf).join('; ')}.`,
    )
  const kept = unmet.length === 0 ? '' : ` (against its criteria: ${unmet.map(saidOf).join('; ')})`
  const reason = `${wish.reason}${kept}`
  return viewOf(records, tenant, await records.move(tenant, task_class, { from: now.phase, to, by, reason }))
}
