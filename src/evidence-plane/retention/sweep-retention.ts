import type { TenantId } from '#domain/ids'
import type {
  ArtifactRemoval,
  ArtifactStore,
  HeldArtifact,
  MemoryRecords,
  OldPayload,
  Retention,
  RetentionRecords,
  SweepReport,
} from '#ports'
import { inClear } from '#evidence-plane/packet'
import { ruleFor, type RetentionRules } from './retention-rules.ts'

interface SweepParts {
  readonly records: RetentionRecords
  readonly tenants: () => Promise<readonly TenantId[]>
  /** Each tenant's bytes are its own. */
  readonly artifacts: (tenant: TenantId) => Pick<ArtifactStore, 'get'>
  readonly removal: (tenant: TenantId) => ArtifactRemoval
  /** What runs learnt; absent: nothing is remembered. */
  readonly memory?: Pick<MemoryRecords, 'sweep'>
  readonly rules: () => Promise<RetentionRules>
  /** Who sweeps, for the record. */
  readonly by: string
}

const PAGE = 500
const DAY_MS = 86_400_000

type Tally = { -readonly [Name in keyof SweepReport]: SweepReport[Name] } & { by_rule: Record<string, number> }

interface Sweep extends SweepParts {
  readonly rules_now: RetentionRules
  readonly dry_run: boolean
  /** The database's time at the beginning, in milliseconds. */
  readonly now: number
  readonly tally: Tally
}

/**
 * Makes a sweeper. An artifact expires by an event and a mark in one transaction; then its bytes go, and a second event
 * says so. A sweep that dies in between is finished by the next one, and tells nothing twice.
 */
export function createSweeper(parts: SweepParts): Pick<Retention, 'sweep'> {
  return {
    sweep: ({ dry_run }) =>
      parts.records.exclusively(async () => {
        const now = Date.parse(await parts.records.now())
        const all = await parts.tenants()
        const sweep: Sweep = { ...parts, rules_now: await parts.rules(), dry_run, now, tally: emptyTally() }
        for (const tenant of all) await expireArtifacts(sweep, tenant)
        if (!dry_run) for (const tenant of all) await removeBytes(sweep, tenant)
        for (const tenant of all) await expirePayloads(sweep, tenant)
        for (const tenant of all) await sweepMemory(sweep, tenant)
        return sweep.tally
      }),
  }
}

const emptyTally = (): Tally => ({
  expired: 0,
  expired_bytes: 0,
  by_rule: {},
  removed: 0,
  kept_for_packets: 0,
  kept_for_others: 0,
  payload_runs: 0,
  payload_bytes: 0,
  memory_expired: 0,
  memory_erased: 0,
})

const daysAgo = ({ now }: Sweep, days: number): string => new Date(now - days * DAY_MS).toISOString()

async function expireArtifacts(sweep: Sweep, tenant: TenantId): Promise<void> {
  const { rules_now, records } = sweep
  const { packet_valid: _, step_outcome: __, ...of_artifacts } = rules_now
  const youngest = daysAgo(sweep, Math.min(...Object.values(of_artifacts)))
  const named = await namedByPackets(sweep, tenant)
  let after: string | null = null
  for (;;) {
    const page: readonly HeldArtifact[] = await records.candidates(tenant, youngest, after, PAGE)
    for (const artifact of page) await expireOne(sweep, tenant, { artifact, named })
    after = page.at(-1)?.id ?? after
    if (page.length < PAGE) return
  }
}

/** Every hash that stands in a packet which is still valid. */
async function namedByPackets(sweep: Sweep, tenant: TenantId): Promise<ReadonlySet<string>> {
  const named = new Set<string>()
  for (const packet of await sweep.records.packets(tenant, daysAgo(sweep, sweep.rules_now.packet_valid))) {
    named.add(packet)
    const bytes = await sweep.artifacts(tenant).get(packet)
    const text = bytes === undefined ? '' : inClear(new TextDecoder().decode(bytes))
    for (const [hash] of text.matchAll(/\b[0-9a-f]{64}\b/g)) named.add(hash)
  }
  return named
}

interface Candidate {
  readonly artifact: HeldArtifact
  readonly named: ReadonlySet<string>
}

async function expireOne(sweep: Sweep, tenant: TenantId, { artifact, named }: Candidate): Promise<void> {
  const { tally, now, records, rules_now, by, dry_run } = sweep
  const { rule, days } = ruleFor(artifact, rules_now)
  if (Date.parse(artifact.created_at) > now - days * DAY_MS) return
  if (named.has(artifact.sha256)) {
    tally.kept_for_packets += 1
    return
  }
  if (!dry_run && !(await records.expire(tenant, artifact, { rule, days, by }))) return
  tally.expired += 1
  tally.expired_bytes += artifact.bytes
  tally.by_rule[rule] = (tally.by_rule[rule] ?? 0) + 1
}

/** Bytes are one file for all of a tenant's artifacts that have them: they go when the last one let go. */
async function removeBytes(sweep: Sweep, tenant: TenantId): Promise<void> {
  const { records, removal, tally } = sweep
  let after = ''
  for (;;) {
    const hashes = await records.unremoved(tenant, after, PAGE)
    for (const sha256 of hashes) {
      const gone = (await records.refers(tenant, sha256)) ? 'in_use' : await removal(tenant).remove(sha256)
      if (gone === 'in_use') {
        tally.kept_for_others += 1
        continue
      }
      await records.removed(tenant, sha256, gone === 'removed' ? 'retention' : 'retention: the bytes were gone')
      tally.removed += 1
    }
    after = hashes.at(-1) ?? after
    if (hashes.length < PAGE) return
  }
}

const PAYLOADS: readonly (readonly [OldPayload['of'], 'step_outcome' | 'redacted_model_request'])[] = [
  ['step_outcome', 'step_outcome'],
  ['model_answer', 'redacted_model_request'],
]

async function expirePayloads(sweep: Sweep, tenant: TenantId): Promise<void> {
  const { records, rules_now, by, dry_run, tally } = sweep
  for (const [of, rule] of PAYLOADS) {
    const days = rules_now[rule]
    const before = daysAgo(sweep, days)
    for (;;) {
      const page = await records.payloads(tenant, of, before, PAGE)
      let changed = 0
      for (const payload of page) {
        if (!dry_run && !(await records.expirePayload(tenant, payload, { rule, days, by }))) continue
        changed += 1
        tally.payload_runs += 1
        tally.payload_bytes += payload.bytes
      }
      if (dry_run || page.length < PAGE || changed === 0) break
    }
  }
}

/** Its own limits say how long an entry lasts; a sweep ends what nobody looked at since, and erases what ended long ago. */
async function sweepMemory({ memory, dry_run, tally }: Sweep, tenant: TenantId): Promise<void> {
  const { expired, erased } = (await memory?.sweep(tenant, { dry_run })) ?? { expired: 0, erased: 0 }
  tally.memory_expired += expired
  tally.memory_erased += erased
}
