import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createArtifactRemoval, createFilesystemArtifacts, tenantHome } from '#adapters/artifacts/filesystem'
import { createFolderPlace, createGitPlace } from '#adapters/ledger-checkpoints'
import { ledgerVerifierOf, openKey, trustedKeys } from '#adapters/signing'
import { createAuditTrail, createMemoryRecords, createRetentionRecords, type Database } from '#adapters/postgres'
import {
  createCheckpointMaker,
  exportAudit,
  readAuditSettings,
  verifyAudit,
  type CheckpointAlarm,
  type CheckpointMaker,
} from '#evidence-plane/ledger'
import { createSweeper, DEFAULT_RETENTION, readRetentionRules } from '#evidence-plane/retention'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { SignedCheckpoint } from '#domain/ledger'
import type { Audit, AuditTrail, CheckpointPlace, PageWish, Redactor, Retention } from '#ports'
import { once } from './once.ts'
import { keptHome, type PlatformSettings } from './shared-parts.ts'
import { identifiers } from './system-clock.ts'
import { textOf } from './text-of.ts'

interface AuditGround {
  readonly settings: Pick<PlatformSettings, 'home' | 'shared_home'>
  readonly database: Database
  readonly redactor: Redactor
  /** Told where a chain is not what was signed, or a place cannot be reached. Absent: a line on standard error. */
  readonly alarm?: (alarm: CheckpointAlarm) => void
}

/** The audit trail of a home and its database. Keys and places are opened when they are first needed. */
export function openAudit({ settings, database, redactor, alarm = tell }: AuditGround): Audit & {
  /** Makes the checkpoints that are due, of every tenant. */
  makeDue(): Promise<number>
} {
  const { home } = settings
  const trail = createAuditTrail({ database, identifiers })
  const ground = once(async () => {
    const key = await openKey('audit', home)
    const { pace, also } = readAuditSettings(await textOf(join(home, 'audit.yaml')), join(home, 'audit.yaml'))
    const own = createFolderPlace(join(home, 'checkpoints'))
    const others = also.map((place) =>
      'folder' in place
        ? createFolderPlace(place.folder)
        : createGitPlace(place.git, join(home, 'cache', 'checkpoints')),
    )
    const places = [own, ...others] as const
    const maker: CheckpointMaker = createCheckpointMaker({ trail, key, places, pace, alarm })
    return { key, places, maker }
  })
  const checkpoint = async (tenant: TenantId) => (await ground()).maker.make(tenant)
  return {
    list: (tenant, filter, page) => trail.list(tenant, filter, page),
    verify: async (tenant) => {
      const { places } = await ground()
      return verifyAudit({
        trail,
        tenant,
        places,
        verify: ledgerVerifierOf(Object.values(await trustedKeys('audit', home))),
      })
    },
    checkpoint,
    makeDue: async () => (await ground()).maker.makeDue(),
    lines: async function* (tenant, wish) {
      const { key, places } = await ground()
      await checkpoint(tenant)
      yield* notedLines(
        { trail, tenant, place: places[0], key, public_keys: await trustedKeys('audit', home), redactor },
        wish,
      )
    },
    checkpoints: async (tenant, page) => {
      const [own] = (await ground()).places
      return checkpointPage(own, tenant, page)
    },
    key: async () => {
      const { key, places } = await ground()
      return { key_id: key.key_id, public_key: key.public_key, places: places.map(({ where }) => where) }
    },
  }
}

/** A page of checkpoints; the cursor is the number of its last one. */
async function checkpointPage(place: CheckpointPlace, tenant: TenantId, { limit, cursor }: PageWish) {
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor))
    throw new GanderError('cursor_invalid', 'The cursor is not one that this list gave.')
  const items: SignedCheckpoint[] = []
  for await (const checkpoint of place.read(tenant, Number(cursor ?? 0))) {
    if (items.length === limit) return { items, next_cursor: String(items.at(-1)?.number) }
    items.push(checkpoint)
  }
  return { items, next_cursor: null }
}

/** The lines of an export, and an event of who took it once it is whole. */
async function* notedLines(
  parts: Omit<Parameters<typeof exportAudit>[0], 'trail'> & { readonly trail: AuditTrail },
  { since, by }: Parameters<Audit['lines']>[1],
): AsyncGenerator<string, void, undefined> {
  const hash = createHash('sha256')
  const lines = exportAudit({ ...parts, ...(since !== undefined && { since }) })
  let next = await lines.next()
  for (; next.done !== true; next = await lines.next()) {
    hash.update(next.value)
    yield next.value
  }
  const sha256 = hash.digest('hex')
  await parts.trail.note(parts.tenant, {
    event: 'audit_exported',
    facts: { by, events: next.value.counts.events, sha256 },
    actor_type: 'person',
    actor: by,
    resource_type: 'audit_export',
    resource_id: sha256,
  })
}

/** How long what runs leave behind is kept, by GANDER_HOME/retention.yaml. */
export function openRetention({ settings, database }: Pick<AuditGround, 'settings' | 'database'>): Retention {
  const records = createRetentionRecords({ database, identifiers })
  const path = join(settings.home, 'retention.yaml')
  const kept = keptHome(settings)
  const rules = async () => {
    const text = await textOf(path)
    return text === undefined ? DEFAULT_RETENTION : readRetentionRules(text, path)
  }
  const sweeper = createSweeper({
    records,
    tenants: () => createAuditTrail({ database, identifiers }).tenants(),
    artifacts: (tenant) => createFilesystemArtifacts({ home: tenantHome(kept, tenant) }),
    removal: (tenant) => createArtifactRemoval({ home: tenantHome(kept, tenant) }),
    memory: createMemoryRecords({ database, identifiers }),
    rules,
    by: 'gander retention',
  })
  return {
    rules: async () => ({ ...(await rules()) }),
    sweep: (wish) => sweeper.sweep(wish),
    holds: (tenant) => records.holds(tenant),
    hold: (...placed) => records.hold(...placed),
    release: (...released) => records.release(...released),
  }
}

const LOOK_MS = 5_000
const SWEEP_MS = 3_600_000

/**
 * Keeps the audit trail of a server: looks every 5 s for checkpoints that are due, and sweeps every hour. What fails is
 * told and tried again. The returned function ends it, after a last checkpoint of everything new.
 */
export function keepAudit(ground: AuditGround): () => Promise<void> {
  const audit = openAudit(ground)
  const retention = openRetention(ground)
  const stop = new AbortController()
  const repeated = async (ms: number, act: () => Promise<unknown>) => {
    while (!stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        stop.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
      })
      if (!stop.signal.aborted) await act().catch(tellFailure)
    }
  }
  const loops = [
    repeated(LOOK_MS, () => audit.makeDue()),
    repeated(SWEEP_MS, () => retention.sweep({ dry_run: false })),
  ]
  return async () => {
    stop.abort()
    await Promise.all(loops)
    await audit.makeDue().catch(tellFailure)
  }
}

/** Signs what a run that just ended or rests has added; a place that cannot be written is told and stops nobody. */
export async function checkpointAfter(ground: AuditGround, tenant: TenantId): Promise<void> {
  await openAudit(ground).checkpoint(tenant).catch(tellFailure)
}

const tell = ({ tenant_id, what }: CheckpointAlarm): void =>
  void process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), audit_alarm: what, tenant_id })}\n`)

const tellFailure = (error: unknown): void =>
  void process.stderr.write(
    `${JSON.stringify({ at: new Date().toISOString(), audit_failure: error instanceof Error ? error.message : String(error) })}\n`,
  )
