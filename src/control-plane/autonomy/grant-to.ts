import {
  brokenFloors,
  caughtByAll,
  capLevel,
  capReach,
  demotedLevelCap,
  demotedReachCap,
  earnedLevel,
  gateStrengthCap,
  gateStrengthLevelCap,
  onboardingCap,
  onboardingLevelCap,
  phaseCap,
  reachOfTier,
  riskCap,
  riskLevelCap,
  ROLLOUT_PHASES,
  type GateStrength,
  type LevelCap,
  type Reach,
  type ReachCap,
} from '#domain/autonomy'
import { isGanderError } from '#domain/failure'
import type { Task } from '#domain/task'
import { LEVEL_NAMES, type GateAuthority } from '#domain/workflow'
import type { Autonomy, AutonomyRecords, ClassPhase, GateCalibrations } from '#ports'
import type { WorkflowFile } from './read-workflow.ts'
import { saidOf } from './said-of.ts'

/** What grants are made from. */
export interface AutonomyParts {
  readonly records: AutonomyRecords
  /** What calibration found of the gates; absent: nobody calibrates. */
  readonly calibrations?: GateCalibrations
  /** Read anew for each task. @throws GanderError `workflow_invalid` */
  readonly workflow: () => Promise<WorkflowFile>
}

/** The level of a run that nobody chose one for. */
const USUAL_LEVEL: GateAuthority = 3
/** How far a task reaches and which level it has: the lowest of what was asked for and of every cap. */
export async function grantTo(
  { records, calibrations, workflow }: AutonomyParts,
  ...[task, wanted]: Parameters<Autonomy['grant']>
): ReturnType<Autonomy['grant']> {
  const [file, phase, gates = []] = await Promise.all([
    workflow(),
    phaseNow(records, task),
    calibrations?.strengths(task.tenant_id, task.repository),
  ])
  const reach = capReach(wanted.mode, reachCaps(task, phase, gates))
  const asked = wanted.level ?? file.level ?? USUAL_LEVEL
  const level = capLevel(asked, await levelCaps({ records, file, task, asked, gates }, reach.reach))
  return { reach, level, phase: phase.phase, workflow: file.profile(level.level) }
}

/** A class that is below a floor of its phase goes down before anything is granted, and the ledger says why. */
async function phaseNow(records: AutonomyRecords, { tenant_id, capability }: Task): Promise<ClassPhase> {
  const now = await records.phase(tenant_id, capability)
  if (ROLLOUT_PHASES[now.phase].floor.length === 0) return now
  const broken = brokenFloors(now.phase, await records.figures(tenant_id, capability, now.moved_at))
  const [worst] = broken
  if (worst === undefined) return now
  const reason = `below the floor of phase ${now.phase}: ${broken.map(saidOf).join('; ')}`
  const move = { from: now.phase, to: worst.to, by: 'the platform', reason }
  // Whoever moved it meanwhile knew more; what it is now counts.
  return records.move(tenant_id, capability, move).catch(async (error: unknown) => {
    if (!isGanderError(error, 'rollout_criteria_unmet')) throw error
    return records.phase(tenant_id, capability)
  })
}

function reachCaps(
  { grant, agreement, risk }: Task,
  { phase }: ClassPhase,
  gates: readonly GateStrength[],
): readonly ReachCap[] {
  const demoted = demotedReachCap(gates)
  return [
    phaseCap(phase),
    onboardingCap(agreement),
    gateStrengthCap(agreement?.coverage ?? null, caughtByAll(gates)),
    ...(demoted === undefined ? [] : [demoted]),
    ...(risk === undefined ? [] : [riskCap(risk)]),
    ...(grant === undefined ? [] : capabilityCaps(grant)),
  ]
}

/** The tier of the contract; and nothing leaves while an evaluation that it names has no result on record. */
function capabilityCaps({ id, max_autonomy_tier, evals }: NonNullable<Task['grant']>): readonly ReachCap[] {
  const cap = (reach: Reach, reason: string): ReachCap => ({ source: 'capability', reach, reason })
  const tier = cap(reachOfTier(max_autonomy_tier), `the capability ${id} is of tier ${max_autonomy_tier}`)
  if (evals.length === 0) return [tier]
  return [tier, cap('dry_run_patch', `nothing on record says that ${id} passed ${evals.join(', ')}`)]
}

interface Weighed {
  readonly records: AutonomyRecords
  readonly file: WorkflowFile
  readonly task: Task
  readonly asked: GateAuthority
  readonly gates: readonly GateStrength[]
}

async function levelCaps({ records, file, task, asked, gates }: Weighed, reach: Reach): Promise<readonly LevelCap[]> {
  const { agreement, risk, tenant_id, capability } = task
  const demoted = demotedLevelCap(gates)
  const caps: LevelCap[] = [
    ...(risk === undefined ? [] : [riskLevelCap(risk, reach)]),
    onboardingLevelCap(agreement !== undefined),
    gateStrengthLevelCap(agreement?.coverage ?? null),
    ...(demoted === undefined ? [] : [demoted]),
  ]
  if (file.level !== null)
    caps.push({
      source: 'workflow',
      level: file.level,
      reason: `workflow.yaml goes as far as level ${file.level} (${LEVEL_NAMES[file.level]})`,
    })
  if (asked < 4) return caps
  const { level, missing } = earnedLevel(await records.figures(tenant_id, capability, null))
  const reason =
    level === 4 ? `${capability} has earned level 4` : `${capability} has not earned level 4: ${missing.join('; ')}`
  return [...caps, { source: 'earned', level: level === 4 ? 4 : 3, reason }]
}
