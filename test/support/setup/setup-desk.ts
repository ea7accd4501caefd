import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createPolicy } from '#control-plane/policy'
import { createRedactor } from '#evidence-plane/redaction'
import { findProfile } from '#execution-plane/verifier'
import { approvalFingerprint, type Approval } from '#domain/approval'
import type { RunId, TenantId } from '#domain/ids'
import { DEFAULT_SANDBOX_PROFILE, type UnversionedProfile } from '#domain/sandbox'
import type { Trust } from '#domain/task'
import type { PackageRegistries, RegistryProxy, SandboxDriver, SetupCache, TreeEntry } from '#ports'
import { sealSandboxProfile } from '#execution-plane/sandbox'
import { setUp } from '../../../src/execution-plane/worker/setup/set-up.ts'
import type { Ending, Execution } from '../../../src/execution-plane/worker/execution.ts'
import { memoryArtifacts } from '../../integration/verifier/folder-repository.ts'
import { memoryJournal } from '../agents/memory-journal.ts'

/** What the setups of a test share. */
interface SetupGround {
  /** Absolute; each setup gets a run of its own below it. */
  readonly root: string
  readonly driver: SandboxDriver
  readonly registries: PackageRegistries
  readonly proxy: RegistryProxy
  readonly setups: SetupCache
}

interface SetupWish {
  readonly files: Readonly<Record<string, string>>
  readonly trust?: Trust
  readonly tenant?: string
  readonly packages?: Partial<UnversionedProfile['packages']>
  readonly network?: Partial<UnversionedProfile['network']>
  /** Hosts that a person approved for this run. */
  readonly approved?: readonly string[]
}

/** One run's setup: how it ended, what it left, and what it told the record. */
export interface SetupDone {
  readonly ending: Ending | undefined
  readonly layer: string | null
  readonly checkout: string
  /** Facts of the event of the setup; empty where there was none. */
  readonly facts: { readonly [name: string]: unknown }
  readonly asked: readonly string[]
  /** Requests that went through the registry proxy. */
  readonly requests: number
}

let runs = 0

/** Sets up a repository as a worker does, with the real policy; only the record is kept in memory. */
export async function setUpOnce(ground: SetupGround, wish: SetupWish): Promise<SetupDone> {
  const id = `run_${++runs}` as RunId
  const checkout = join(ground.root, id, 'checkout')
  const list = writeTree(checkout, wish.files)
  const read = async (path: string) => {
    const text = wish.files[path]
    return text === undefined ? undefined : new TextEncoder().encode(text)
  }
  const found = await findProfile({ list: async () => list, read }, null, ground.registries)
  if (!found.ok) throw new Error(found.refusal.message)
  const counted = countingProxy(ground.proxy)
  const journal = memoryJournal()
  const asked: string[] = []
  const tree = createHash('sha256').update(JSON.stringify(list)).digest('hex')
  const policy = createPolicy({ identifiers: { make: (kind) => `${kind}_x` as never } })
  const parts = {
    ...ground,
    proxy: counted.proxy,
    runs_folder: ground.root,
    policy: {
      version: policy.version,
      decide: (question: Parameters<typeof policy.decide>[0]) => {
        asked.push(`${question.action} ${JSON.stringify(question.facts['host'])}`)
        return policy.decide(question)
      },
    },
    redactor: createRedactor(),
    artifacts: memoryArtifacts(),
    identifiers: { make: (kind: string) => `${kind}_1` },
    clock: { now: () => performance.now(), sleep: async () => undefined },
    store: { approvals: async () => approvalsOf(wish.approved ?? [], id, policy.version) },
  }
  // Only what a setup reads of a run is there.
  const execution = {
    parts,
    run: { id },
    task: { tenant_id: (wish.tenant ?? 'ten_one') as TenantId, trust: wish.trust ?? 'operator', scope: {} },
    journal,
    signal: new AbortController().signal,
    switches: { leave: async () => undefined, guardProxy: <Proxy>(proxy: Proxy) => proxy },
    found: {
      profile: found.value,
      repository: {
        checkout,
        source: { tree },
        listFiles: async () => list,
        readFile: async (_: string, path: string) => read(path),
      },
      sandbox: sealSandboxProfile({
        ...DEFAULT_SANDBOX_PROFILE,
        packages: { ...DEFAULT_SANDBOX_PROFILE.packages, ...wish.packages },
        network: { ...DEFAULT_SANDBOX_PROFILE.network, ...wish.network },
      }),
    },
  } as unknown as Execution
  const ending = await setUp(execution)
  return {
    ending,
    layer: execution.found.setup_layer?.path ?? null,
    checkout,
    facts: journal.events.findLast(({ event }) => event === 'setup_executed')?.facts ?? {},
    asked,
    requests: counted.requests(),
  }
}

function writeTree(checkout: string, files: Readonly<Record<string, string>>): readonly TreeEntry[] {
  const before = process.umask(0)
  mkdirSync(checkout, { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true })
    writeFileSync(join(checkout, path), text)
  }
  process.umask(before)
  return Object.entries(files).map(([path, text]) => ({
    path,
    mode: '100644',
    blob: createHash('sha1').update(text).digest('hex'),
    bytes: text.length,
  }))
}

function countingProxy(proxy: RegistryProxy) {
  const doors: (() => number)[] = []
  return {
    requests: () => doors.reduce((sum, count) => sum + count(), 0),
    proxy: {
      open: async (wish: Parameters<RegistryProxy['open']>[0]) => {
        const door = await proxy.open(wish)
        let last = 0
        doors.push(() => (last = Math.max(last, door.report().requests)))
        return door
      },
    },
  }
}

/** Approvals of every subset is not needed: a test names exactly the hosts of the one question. */
function approvalsOf(hosts: readonly string[], run_id: RunId, policy_version: string): readonly Approval[] {
  if (hosts.length === 0) return []
  const subject = [...hosts].sort()
  const bound = { run: run_id, action: 'egress.connect', subject, policy_version }
  const fingerprint = approvalFingerprint((text) => createHash('sha256').update(text).digest('hex'), bound)
  const given = {
    id: 'appr_1',
    kind: 'egress',
    action: 'egress.connect',
    subject,
    fingerprint,
    policy_version,
    reason: '',
  } as const
  const times = { requested_at: '', expires_at: '', decided_at: '', decision_reason: null }
  return [{ ...given, ...times, run_id, decision: 'approved', decided_by: 'ada', is_usable: true }]
}
