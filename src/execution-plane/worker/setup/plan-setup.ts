import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { canonicalJson, type Json } from '#domain/json'
import type { EventDraft } from '#domain/event'
import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import type { PackageTool, TreeEntry } from '#ports'
import { checkLockfiles, problemText } from '#execution-plane/lockfiles'
import { openHosts } from '../capability-bounds.ts'
import { need, type Execution } from '../execution.ts'

type Report = Awaited<ReturnType<typeof checkLockfiles>>
type Locked = Report['hosts'][number]

/** What is known of a setup before anything of it runs. */
export interface SetupPlan {
  /** Why the lockfiles may not be installed from; null where they may. */
  readonly refused: string | null
  /** Hosts that lockfiles name and nobody allowed yet. */
  readonly unknown: readonly Locked[]
  /** Hosts that are open to the setup. */
  readonly hosts: readonly string[]
  /** Hash of what decides the setup besides the sandbox; null where a kept one may not stand in for it. */
  readonly inputs: string | null
}

/** Profiles with these origins were written by somebody, and say themselves which hosts they need. */
const WRITTEN = /^(?:\.gander\/|the given profile)/

/** True for a profile that an operator or the repository wrote, not one that was found from manifests. */
export const isWritten = (profile: VerificationProfile): boolean => WRITTEN.test(profile.found_by)

/** Reads the lockfiles of the base commit: what is wrong with them, where they lead, and whether a kept setup will do. */
export async function planSetup(execution: Execution, profile: VerificationProfile): Promise<SetupPlan> {
  const { journal } = execution
  const { tree } = need(execution, 'repository').source
  const { version } = need(execution, 'sandbox')
  const request = { profile: profile.version, tree, sandbox: version }
  const value = await journal.perform({ key: 'lockfiles', kind: 'workspace', request }, async () => {
    const plan = await plannedFrom(execution, profile)
    return { value: plan.value as unknown as Json, events: plan.events }
  })
  // What is on record under this key was put there above.
  return value as unknown as SetupPlan
}

async function plannedFrom(
  execution: Execution,
  profile: VerificationProfile,
): Promise<{ readonly value: SetupPlan; readonly events: readonly EventDraft[] }> {
  const repository = need(execution, 'repository')
  const { tree } = repository.source
  const list = await repository.listFiles(tree)
  const paths = list.filter(({ mode }) => mode.startsWith('100')).map(({ path }) => path)
  const read = (path: string) => repository.readFile(tree, path)
  const report = await checkLockfiles({ paths, read }, { ecosystem: profile.ecosystem, setup: profile.setup ?? [] })
  const { hosts, unknown } = await openAndUnknown(execution, profile, report)
  const inputs = inputsOf(execution, { profile, report, list, hosts })
  const refused = report.problems.length === 0 ? null : problemText(report.problems)
  const events = refused === null ? [] : [refusedEvent(profile, report)]
  return { value: { refused, unknown, hosts, inputs }, events }
}

function refusedEvent(profile: VerificationProfile, { problems }: Report): EventDraft {
  const named = problems.slice(0, 50).map(({ rule, path, line }) => ({ rule, path, line }))
  return {
    event: 'setup_executed',
    decision: 'denied',
    facts: { profile: profile.id, result: 'refused', duration_ms: 0, refused: named },
  }
}

/** Hosts of the machine's registries, of the sandbox profile and of a written profile are open; a lockfile opens none by itself. */
async function openAndUnknown(
  execution: Execution,
  profile: VerificationProfile,
  report: Report,
): Promise<Pick<SetupPlan, 'hosts' | 'unknown'>> {
  const { network } = need(execution, 'sandbox')
  const locked = new Set(report.hosts.map(({ host }) => host))
  const own = new Set(await machineHosts(execution, report))
  const named = isWritten(profile)
    ? profile.registry_hosts
    : profile.registry_hosts.filter((host) => own.has(host) || !locked.has(host))
  const may = isWritten(profile) ? openHosts(execution.task, named) : named
  const open = new Set([...may, ...network.allowlist, ...[...own].filter((host) => locked.has(host))])
  return { hosts: [...open].sort(), unknown: report.hosts.filter(({ host }) => !open.has(host)).slice(0, 20) }
}

const TOOLS: Readonly<Record<Report['files'][number]['kind'], PackageTool>> = {
  npm: 'npm',
  pnpm: 'npm',
  yarn: 'npm',
  berry: 'npm',
  pip: 'pip',
  poetry: 'pip',
  uv: 'pip',
  go: 'go',
  cargo: 'cargo',
  maven: 'maven',
}

/** Where this machine's own tools fetch from; each tool is asked only where a lockfile of its names a host. */
async function machineHosts({ parts }: Execution, { files, hosts }: Report): Promise<readonly string[]> {
  const naming = new Set(hosts.map(({ path }) => path))
  const tools = new Set(files.filter(({ path }) => naming.has(path)).map(({ kind }) => TOOLS[kind]))
  const found: string[] = []
  for (const tool of tools) found.push(...(await parts.registries.addresses(tool)))
  return found.filter((address) => URL.canParse(address)).map((address) => new URL(address).hostname.toLowerCase())
}

interface Inputs {
  readonly profile: VerificationProfile
  readonly report: Report
  readonly list: readonly TreeEntry[]
  readonly hosts: readonly string[]
}

/** Files beside the lockfiles that package managers read. */
const MANIFESTS =
  /(?:^|\/)(?:package\.json|\.npmrc|\.yarnrc(?:\.yml)?|pnpm-workspace\.yaml|go\.(?:mod|sum|work|work\.sum)|Cargo\.(?:toml|lock)|\.cargo\/config(?:\.toml)?|rust-toolchain(?:\.toml)?|pyproject\.toml|[\w.-]*requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt)$|^\.yarn\/patches\/|^patches\//
/** Code of the repository that package managers run while they resolve; it may read anything. */
const HOOKS = /(?:^|\/)\.pnpmfile\.c?js$|^\.yarn\/(?:plugins|releases)\//

/**
 * What a setup installs is decided by lockfiles and manifests where its commands do nothing but install what is locked;
 * by the whole base tree where they may do more. Where nothing is locked, time decides too, and nothing is kept.
 */
function inputsOf(execution: Execution, { profile, report, list, hosts }: Inputs): string | null {
  const { packages } = need(execution, 'sandbox')
  const setup = profile.setup ?? []
  if (!packages.use_locked_cache || setup.length === 0) return null
  const pinned = report.files.filter(({ pins }) => pins)
  const kinds = setup.map((phase) => reachOf(phase, new Set(pinned.map(({ path }) => path))))
  if (kinds.includes('unlocked')) return null
  const closed = kinds.every((kind) => kind === 'locked') && !packages.install_scripts
  const offline = hosts.length === 0
  if (pinned.length === 0 && !offline && !standsStill(report)) return null
  const content =
    closed && pinned.length > 0 && !list.some(({ path }) => HOOKS.test(path))
      ? list.filter(({ path }) => MANIFESTS.test(path)).map(({ path, blob }) => [path, blob])
      : [need(execution, 'repository').source.tree]
  const deciding = {
    format: 1,
    profile: profile.version,
    install_scripts: packages.install_scripts,
    hosts,
    lockfiles: report.files.map(({ path, sha256 }) => [path, sha256]),
    content,
  }
  return createHash('sha256').update(canonicalJson(deciding)).digest('hex')
}

/** A build of Maven names exact versions, which never change once they are published, unless it says otherwise. */
const standsStill = ({ files }: Report): boolean =>
  files.length > 0 &&
  files.every(
    ({ kind, entries }) =>
      kind === 'maven' && entries.every(({ version }) => !/SNAPSHOT|LATEST|RELEASE|[[(,]/.test(version)),
  )

/** `locked` installs what a lockfile pins and reads nothing else; `unlocked` takes what is newest; `open` may do anything. */
function reachOf({ argv, cwd = '' }: ProfilePhase, pinned: ReadonlySet<string>): 'locked' | 'unlocked' | 'open' {
  const words = argv.join(' ')
  const at = (path: string) => pinned.has(posix.normalize(posix.join(cwd, path)))
  if (/^npm (?:ci|clean-install)\b/.test(words)) return 'locked'
  if (/^npx --yes (?:pnpm|@yarnpkg\/cli-dist|yarn)@\S+ install .*--(?:frozen-lockfile|immutable)/.test(words))
    return 'locked'
  if (/^npm (?:install|i)\b/.test(words))
    return at('package-lock.json') || at('npm-shrinkwrap.json') ? 'open' : 'unlocked'
  if (/^python3? -m venv \S+$/.test(words)) return 'locked'
  if (/\bpip3?\b.* install\b/.test(words) || /^pip3? install\b/.test(words)) return pipReach(argv, at)
  if (/^go mod download\b/.test(words) || /^cargo fetch\b.*--locked/.test(words)) return 'locked'
  return 'open'
}

/** Requirements with hashes and nothing beside them. */
function pipReach(argv: readonly string[], at: (path: string) => boolean): 'locked' | 'unlocked' {
  const rest = argv
    .slice(argv.indexOf('install') + 1)
    .filter((word) => !/^-[qvU]$|^--(?:quiet|no-deps|require-hashes)$/.test(word))
  const files = rest.filter((_, index) => rest[index - 1] === '-r')
  const isOnly = rest.length === files.length * 2
  return files.length > 0 && isOnly && files.every(at) ? 'locked' : 'unlocked'
}
