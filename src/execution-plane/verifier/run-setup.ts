import { rm } from 'node:fs/promises'
import type { EventDraft } from '#domain/event'
import type { SandboxProfile } from '#domain/sandbox'
import {
  shownCommand,
  type Ecosystem,
  type PhaseReport,
  type ProfilePhase,
  type VerificationProfile,
} from '#domain/verification'
import {
  DEFAULT_EGRESS_BUDGET,
  type EgressRefusal,
  type EgressReport,
  type RegistryDoor,
  type RegistryProxy,
  type RunArtifact,
  type RunRepository,
  type Sandbox,
  type SandboxDriver,
  type SandboxLimits,
  type SetupLayer,
} from '#ports'
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
  /** The only way out that a setup has. */
  readonly proxy: RegistryProxy
  /** Absolute folder for the socket and the files of the way out; removed afterwards. */
  readonly egress_folder: string
  /** Hosts that are open to this run besides the profile's; absent means none. */
  readonly opened_hosts?: readonly string[]
  /** What may be fetched and run; absent: downloads within the default budget, and no install scripts. */
  readonly packages?: Pick<SandboxProfile['packages'], 'allow_download' | 'install_scripts' | 'budget'>
  /** No command takes longer; absent: as the profile says. */
  readonly longest_seconds?: number
}

/** How the dependency setup went; `reason` says what failed and what to do about it. */
export interface SetupReport {
  readonly outcome: 'passed' | 'failed'
  readonly reason: string
  readonly phases: readonly PhaseReport[]
  /** Null where the profile has nothing to set up, or setup failed. */
  readonly layer: SetupLayer | null
  /** What the setup asked for and was refused, with the rule. */
  readonly refused: readonly EgressRefusal[]
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
  if (phases.length === 0) return NOTHING_TO_SET_UP
  const { runs, egress } = await behindDoor(request)
  const reports = phases.map((phase, at) => runs[at]?.report ?? notRun(phase, 'an earlier phase failed'))
  const failed = reports.find((report) => report.required && report.outcome !== 'passed')
  const outcome = failed === undefined ? 'passed' : 'failed'
  if (failed === undefined) await pruneSetupLayer(request.layer_path, request.repository.checkout)
  const facts = { profile: profile.id, result: outcome, duration_ms: Math.round(clock.now() - started) }
  return {
    outcome,
    reason: failed === undefined ? `${reports.length} phases ran` : failureReason(failed, egress.refused, profile),
    phases: reports,
    layer: failed === undefined ? { path: request.layer_path } : null,
    refused: egress.refused,
    artifacts: runs.flatMap((run) => run.artifacts),
    events: [{ event: 'setup_executed', facts }, egressReported(egress), ...secretEvents(runs, 'setup log')],
  }
}

const NOTHING_TO_SET_UP: SetupReport = {
  outcome: 'passed',
  reason: 'nothing to set up',
  phases: [],
  layer: null,
  refused: [],
  artifacts: [],
  events: [],
}

/** The event of what went through the way out of one setup; at most a hundred refusals are named. */
function egressReported({ requests, bytes, misses, covert_bits, refused }: EgressReport): EventDraft {
  const named = refused.slice(0, 100).map((refusal) => ({ ...refusal }))
  return { event: 'egress_reported', facts: { requests, bytes, misses, covert_bits, refused: named } }
}

interface Installed {
  readonly runs: readonly PhaseRun[]
  readonly egress: EgressReport
}

async function behindDoor(request: SetupRequest): Promise<Installed> {
  const { proxy, run_id, profile, egress_folder, opened_hosts = [], packages } = request
  const wanted = packages?.allow_download === false ? [] : [...profile.registry_hosts, ...opened_hosts]
  const door = await proxy.open({
    run_id,
    folder: egress_folder,
    hosts: [...new Set(wanted)].sort(),
    budget: packages?.budget ?? DEFAULT_EGRESS_BUDGET,
  })
  try {
    const runs = await runPhases(request, door)
    return { runs, egress: door.report() }
  } finally {
    await door.close()
    await rm(egress_folder, { recursive: true, force: true })
  }
}

async function runPhases(request: SetupRequest, door: RegistryDoor): Promise<readonly PhaseRun[]> {
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
    read_only: door.files,
  })
  const runs: PhaseRun[] = []
  try {
    await placeHomeFiles(sandbox, door)
    const network = { kind: 'doors', doors: [door.door] } as const
    for (const phase of profile.setup ?? []) {
      const behind = behindFence(phase, request, door)
      const run = await runPhase(behind, { sandbox, ecosystem: profile.ecosystem, network, setup: true }, request)
      runs.push(run)
      if (run.aborted || (phase.required && run.report.outcome !== 'passed')) break
    }
  } finally {
    await sandbox.close()
  }
  return runs
}

/** Where a tool fetches from is known to it in later phases too, which find what is there by the registry's name. */
async function placeHomeFiles(sandbox: Sandbox, { home_files = [] }: RegistryDoor): Promise<void> {
  const copy = 'mkdir -p "$(dirname "$HOME/$2")" && cp "$1" "$HOME/$2" && chmod 644 "$HOME/$2"'
  for (const { inner, home } of home_files)
    await sandbox.exec({
      argv: ['sh', '-c', copy, 'sh', inner, home],
      timeout_ms: 30_000,
      output_bytes: 10_000,
      network: { kind: 'none' },
    })
}

/** A phase as it runs: what the way out needs and what keeps install scripts from running has the last word. */
function behindFence(phase: ProfilePhase, request: SetupRequest, door: RegistryDoor): ProfilePhase {
  const quiet = request.packages?.install_scripts === true ? {} : WITHOUT_SCRIPTS
  return {
    ...phase,
    env: { ...phase.env, ...quiet, ...door.environment },
    timeout_seconds: Math.min(phase.timeout_seconds, request.longest_seconds ?? phase.timeout_seconds),
  }
}

/** npm, pnpm and both yarns obey these; Go has no install scripts, and build plugins of Maven, Cargo and pip are code. */
const WITHOUT_SCRIPTS = {
  npm_config_ignore_scripts: 'true',
  YARN_ENABLE_SCRIPTS: 'false',
  YARN_IGNORE_SCRIPTS: 'true',
} as const

/** What a user does where the machine's own tool did not say where it fetches from. */
const ASK_BY_HAND: Readonly<Record<Ecosystem, string>> = {
  node: 'make `npm config get registry` answer with an https address for the user that runs Gander',
  python: 'make `python3 -m pip config list` answer for the user that runs Gander, or set PIP_INDEX_URL',
  java: 'make `mvn -v` answer for the user that runs Gander, or name a mirror in ~/.m2/settings.xml',
  go: 'make `go env GOPROXY` answer with an https address for the user that runs Gander',
  rust: 'make `cargo --version` answer for the user that runs Gander, or name a registry in ~/.cargo/config.toml',
  command: 'the profile names none',
}

function failureReason(failed: PhaseReport, refusals: readonly EgressRefusal[], profile: VerificationProfile): string {
  const what = `setup phase ${failed.id} (${shownCommand(failed)}) ${failed.outcome === 'timed_out' ? 'took too long' : `ended with status ${failed.exit_code ?? 'unknown'}`}`
  const refused = blockedHosts(refusals)
  if (refused.length > 0 && profile.registry_hosts.length === 0)
    return `${what}; it asked for ${refused.join(', ')}, but no package registry of this machine is known: ${ASK_BY_HAND[profile.ecosystem]}, or name the hosts under registry_hosts in .gander/verify.yaml or in a profile given with --verify.`
  if (refused.length > 0)
    return `${what}; it asked for ${refused.join(', ')}, which is not among the registry hosts of the profile. If that host is trusted, name it under registry_hosts in .gander/verify.yaml or in a profile given with --verify.`
  const [other] = refusals
  const denied = other === undefined ? '' : `; ${other.detail} was refused (${other.rule})`
  return `${what}${denied}: ${lastWords(failed.diagnosis?.excerpt ?? '').slice(0, 600)}`
}

/** Hosts that were refused because of what they are, not because of what was asked of them; sorted, each once. */
export const blockedHosts = (refusals: readonly EgressRefusal[]): readonly string[] =>
  [
    ...new Set(
      refusals.filter(({ rule }) => rule === 'egress.host' || rule === 'egress.address').map(({ host }) => host),
    ),
  ].sort()

/** How a log ends, led by the last thing it names as wrong: installers print their own summary after the reason. */
function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !/^… \d+ lines left out$/.test(line))
  const named = lines.findLast((line) => NAMES_A_REASON.test(line))
  const last = lines.slice(-3)
  return [...(named === undefined || last.includes(named) ? [] : [named.trim()]), ...last].join(' / ')
}

/** An exception, or what a builder below an installer calls an error; that a process below failed is no reason. */
const NAMES_A_REASON =
  /^[\s│|]*(?:(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception)|error|fatal): (?!subprocess-exited-with-error)/
