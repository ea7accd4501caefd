import { rm } from 'node:fs/promises'
import type { EventDraft } from '#domain/event'
import { shownCommand, type Ecosystem, type PhaseReport, type VerificationProfile } from '#domain/verification'
import type { RunArtifact, RunRepository, SandboxDriver, SandboxLimits, SetupLayer } from '#ports'
import { secretEvents } from './phase-events.ts'
import { pruneSetupLayer } from './prune-setup-layer.ts'
import { notRun, runPhase, type PhaseRun, type PhaseTools } from './run-phase.ts'

export interface SetupRequest extends PhaseTools {
  readonly run_id: string
  readonly profile: VerificationProfile
  readonly driver: SandboxDriver
  /** Setup runs on the checkout of the pinned commit. */
  readonly repository: Pick<RunRepository, 'checkout'>
  /** Absolute folder that becomes the layer. */
  readonly layer_path: string
  readonly limits: SandboxLimits
}

/** How the dependency setup went; `reason` says what failed and what to do about it. */
export interface SetupReport {
  readonly outcome: 'passed' | 'failed'
  readonly reason: string
  readonly phases: readonly PhaseReport[]
  /** Null where the profile has nothing to set up, or setup failed. */
  readonly layer: SetupLayer | null
  readonly refused_hosts: readonly string[]
  readonly artifacts: readonly RunArtifact[]
  readonly events: readonly EventDraft[]
}

/**
 * Installs the dependencies once, in a sandbox of its own with a way out to the profile's registries only. What it
 * writes becomes a layer of later sandboxes, except where it would cover files of the repository.
 * @throws GanderError as the driver's `open`
 */
export async function runSetup(request: SetupRequest): Promise<SetupReport> {
  const { profile, clock } = request
  const phases = profile.setup ?? []
  const started = clock.now()
  if (phases.length === 0)
    return {
      outcome: 'passed',
      reason: 'nothing to set up',
      phases: [],
      layer: null,
      refused_hosts: [],
      artifacts: [],
      events: [],
    }
  const runs = await runPhases(request)
  const reports = phases.map((phase, at) => runs[at]?.report ?? notRun(phase, 'an earlier phase failed'))
  const failed = reports.find((report) => report.required && report.outcome !== 'passed')
  const refused_hosts = [...new Set(runs.flatMap((run) => run.refused_hosts))].sort()
  const outcome = failed === undefined ? 'passed' : 'failed'
  if (failed === undefined) await pruneSetupLayer(request.layer_path, request.repository.checkout)
  const facts = { profile: profile.id, result: outcome, duration_ms: Math.round(clock.now() - started) }
  return {
    outcome,
    reason: failed === undefined ? `${reports.length} phases ran` : failureReason(failed, refused_hosts, profile),
    phases: reports,
    layer: failed === undefined ? { path: request.layer_path } : null,
    refused_hosts,
    artifacts: runs.flatMap((run) => run.artifacts),
    events: [{ event: 'setup_executed', facts }, ...secretEvents(runs, 'setup log')],
  }
}

async function runPhases(request: SetupRequest): Promise<readonly PhaseRun[]> {
  const { profile, driver, repository, layer_path } = request
  // A setup that was interrupted leaves half a layer.
  await rm(layer_path, { recursive: true, force: true })
  const sandbox = await driver.open({
    run_id: request.run_id,
    purpose: 'setup',
    checkout: repository.checkout,
    setup_layer: null,
    writable: { kind: 'setup_layer', path: layer_path },
    limits: request.limits,
  })
  const runs: PhaseRun[] = []
  try {
    const network = { kind: 'registry', hosts: profile.registry_hosts } as const
    for (const phase of profile.setup ?? []) {
      const run = await runPhase(phase, { sandbox, ecosystem: profile.ecosystem, network, setup: true }, request)
      runs.push(run)
      if (run.aborted || (phase.required && run.report.outcome !== 'passed')) break
    }
  } finally {
    await sandbox.close()
  }
  return runs
}

/** What a user does where the machine's own tool did not say where it fetches from. */
const ASK_BY_HAND: Readonly<Record<Ecosystem, string>> = {
  node: 'make `npm config get registry` answer with an https address for the user that runs Gander',
  python: 'make `python3 -m pip config list` answer for the user that runs Gander, or set PIP_INDEX_URL',
  java: 'make `mvn -v` answer for the user that runs Gander, or name a mirror in ~/.m2/settings.xml',
  command: 'the profile names none',
}

function failureReason(failed: PhaseReport, refused: readonly string[], profile: VerificationProfile): string {
  const what = `setup phase ${failed.id} (${shownCommand(failed)}) ${failed.outcome === 'timed_out' ? 'took too long' : `ended with status ${failed.exit_code ?? 'unknown'}`}`
  if (refused.length > 0 && profile.registry_hosts.length === 0)
    return `${what}; it asked for ${refused.join(', ')}, but no package registry of this machine is known: ${ASK_BY_HAND[profile.ecosystem]}, or name the hosts under registry_hosts in .gander/verify.yaml or in a profile given with --verify.`
  if (refused.length > 0)
    return `${what}; it asked for ${refused.join(', ')}, which is not among the registry hosts of the profile. If that host is trusted, name it under registry_hosts in .gander/verify.yaml or in a profile given with --verify.`
  return `${what}: ${lastWords(failed.diagnosis?.excerpt ?? '').slice(0, 600)}`
}

/** How a log ends, led by the last exception it names: installers print their own summary after the reason. */
function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '')
  const named = lines.findLast((line) => /^[\s│|]*(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception): /.test(line))
  const last = lines.slice(-3)
  return [...(named === undefined || last.includes(named) ? [] : [named.trim()]), ...last].join(' / ')
}
