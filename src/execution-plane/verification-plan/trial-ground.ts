import {
  isTestKind,
  phaseKind,
  type ProfilePhase,
  type TestResult,
  type VerificationProfile,
} from '#domain/verification'
import { focusedPhase, runPhase, type PhaseRun, type PhaseTools } from '#execution-plane/verifier'
import type { Sandbox } from '#ports'

/** Tests that take longer than this in all are only run in part for each mutant. */
const QUICK_MS = 10_000

/** What every mutant is tried with: what builds the program where that is a phase of its own, then tests. */
export function trialPhases(
  profile: VerificationProfile,
  test_files: readonly string[],
  all_tests_ms: number,
): readonly ProfilePhase[] {
  const { ecosystem, phases } = profile
  const tests = phases.filter((phase) => phase.required && isTestKind(phaseKind(phase)))
  const focused = all_tests_ms > QUICK_MS ? focusedPhase(profile, test_files) : undefined
  // Compilers of the others run with the tests; here a build makes what the tests load.
  const builds = ecosystem === 'node' || ecosystem === 'command'
  const first = tests[0] === undefined ? phases.length : phases.indexOf(tests[0])
  const before = phases.slice(0, first).filter((phase) => phase.required && builds && !TELLING.has(phaseKind(phase)))
  return [...before, ...(focused === undefined ? tests : [focused])]
}

/** The phases of a profile that make something or test it: what is asked when only the tests matter. */
export const makingPhases = ({ phases }: VerificationProfile): readonly ProfilePhase[] =>
  phases.filter((phase) => !TELLING.has(phaseKind(phase)))

/** They look at sources and make nothing. */
const TELLING: ReadonlySet<string> = new Set(['format', 'lint', 'types', 'security'])

/** Runs phases until one of them cannot go on. */
export async function runPhases(
  phases: readonly ProfilePhase[],
  at: { readonly sandbox: Sandbox; readonly profile: VerificationProfile; readonly most_ms: number },
  tools: PhaseTools,
): Promise<readonly PhaseRun[]> {
  const { sandbox, profile, most_ms } = at
  const setting = { sandbox, ecosystem: profile.ecosystem, network: { kind: 'none' }, setup: false } as const
  const runs: PhaseRun[] = []
  for (const phase of phases) {
    const timeout_seconds = Math.max(1, Math.min(phase.timeout_seconds, Math.ceil(most_ms / 1000)))
    // Compiled files of the last mutant must not stand for the next one.
    const env = { ...phase.env, PYTHONDONTWRITEBYTECODE: '1' }
    const run = await runPhase({ ...phase, timeout_seconds, env }, setting, tools)
    runs.push(run)
    if (run.aborted) tools.signal?.throwIfAborted()
    if (run.report.outcome !== 'passed' && run.report.tests.length === 0) break
  }
  return runs
}

/** Every test of some runs by its id. */
export const testsOf = (runs: readonly PhaseRun[]): ReadonlyMap<string, TestResult> =>
  new Map(runs.flatMap(({ report }) => report.tests).map((test) => [test.id, test]))

/** Ids of the tests that passed. */
export const passingIds = (runs: readonly PhaseRun[]): readonly string[] =>
  [...testsOf(runs).values()].filter(({ outcome }) => outcome === 'passed').map(({ id }) => id)

/**
 * Puts a text in the place of a file through the sandbox itself: code under test may have replaced a folder by a link,
 * and what is outside must not be reached by it. False where it could not be written.
 */
export async function putSource(sandbox: Sandbox, path: string, text: string, signal?: AbortSignal): Promise<boolean> {
  const request = {
    argv: ['sh', '-c', 'cat > "$1"', 'sh', path],
    stdin: text,
    timeout_ms: 30_000,
    output_bytes: 10_000,
    network: { kind: 'none' },
  } as const
  const done = await sandbox.exec(request, signal)
  return done.exit_code === 0
}
