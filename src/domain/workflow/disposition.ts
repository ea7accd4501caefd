import type { GateName } from '../gate/index.ts'
import type { Disposition, WorkflowPhase, WorkflowProfile } from './profile.ts'

const PHASES: Readonly<Record<GateName, WorkflowPhase>> = {
  intake: 'intake',
  plan: 'plan',
  boundary: 'build',
  protected_files: 'build',
  secrets: 'build',
  special_files: 'build',
  dependencies: 'build',
  test_integrity: 'build',
  verification: 'test',
  red_green: 'test',
  test_strength: 'test',
  judge: 'review',
  approval: 'deliver',
  publication: 'deliver',
}

/** The phase that a gate belongs to. */
const phaseOfGate = (gate: GateName): WorkflowPhase => PHASES[gate]

/** Gates whose no ends the run whatever a profile says: a violation in the tree, or an approval that was not given. */
export const ALWAYS_ABORT: readonly GateName[] = [
  'boundary',
  'protected_files',
  'secrets',
  'special_files',
  'dependencies',
  'test_integrity',
  'approval',
  'publication',
]

/** Gates that no profile can set to a warning. */
const NEVER_WARN: readonly GateName[] = [...ALWAYS_ABORT, 'intake', 'plan', 'verification', 'red_green']

/** What a gate's no leads to under a profile. A profile that asks for less than is allowed gets an abort. */
export function dispositionOf(profile: WorkflowProfile, gate: GateName): Disposition {
  if (ALWAYS_ABORT.includes(gate)) return 'abort'
  const { disposition } = profile.phases[phaseOfGate(gate)]
  return disposition === 'warn' && NEVER_WARN.includes(gate) ? 'abort' : disposition
}
