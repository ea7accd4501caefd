import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { copyHomeIn, copyHomeOut } from '#adapters/home-backup'
import { createFolderPlace } from '#adapters/ledger-checkpoints'
import { ledgerVerifierOf, trustedKeys } from '#adapters/signing'
import {
  copyTablesIn,
  copyTablesOut,
  createAuditTrail,
  createRetentionRecords,
  openDatabase,
  type Database,
} from '#adapters/postgres'
import type { AuditDesk, BackupSummary } from '#cli'
import { GanderError, storageFailure } from '#domain/failure'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import type { Audit } from '#ports'
import { verifyExport } from '#evidence-plane/ledger'
import { createRedactor } from '#evidence-plane/redaction'
import { once } from './once.ts'
import { openAudit, openRetention } from './open-audit.ts'
import { keptHome, type PlatformSettings } from './shared-parts.ts'
import { identifiers } from './system-clock.ts'

const FORMAT = 'gander.backup.v1'
const MANIFEST = 'backup.json'

/**
 * The audit trail, retention and backups of a home; the database is opened when it is first needed. Trail and retention
 * are a server's where one is given.
 */
export function openAuditDesk(
  settings: PlatformSettings,
  server?: { readonly url: string; readonly token: string },
): AuditDesk {
  const { home } = settings
  const database = once(() => openDatabase(placeOf(settings)))
  const audit = once(async (): Promise<Audit> => {
    if (server !== undefined) return (await import('#api/client')).createHttpAudit(server)
    return openAudit({ settings, database: await database(), redactor: settings.redactor ?? createRedactor() })
  })
  return {
    audit: async () => audit(),
    retention: async () =>
      server === undefined
        ? openRetention({ settings, database: await database() })
        : (await import('#api/client')).createHttpRetention(server),
    export: async (tenant, path, wish) => write(path, (await audit()).lines(tenant, wish)),
    verifyFile: async (path, files) => {
      const given = await Promise.all(files.map((file) => readGiven(file)))
      const keys = given.length > 0 ? given : Object.values(await trustedKeys('audit', home))
      return verifyExport({ text: textOf(path), keys, verifierOf: ledgerVerifierOf })
    },
    backup: async (folder, { with_keys }) => backUp({ settings, database: await database() }, { folder, with_keys }),
    restore: (folder, by) => restore(settings, folder, by),
    close: async () => {
      if (database.started()) await (await database()).close()
    },
  }
}

const placeOf = ({ home, database_url }: PlatformSettings) =>
  database_url === undefined ? { home } : { url: database_url }

/** Written aside of nothing: the file must be new, and an end that never came leaves it without its manifest. */
async function write(path: string, lines: AsyncIterable<string>) {
  const hash = createHash('sha256')
  let count = 0
  let bytes = 0
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new GanderError('usage', `${path} is there already. An export is written to a new file.`, {
        remedy: 'Name another file.',
      })
    throw storageFailure(error, path)
  })
  try {
    for await (const line of lines) {
      hash.update(line)
      count += 1
      bytes += Buffer.byteLength(line)
      await file.write(line)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { path, lines: count, bytes, sha256: hash.digest('hex') }
}

async function readGiven(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw new GanderError('usage', `The key ${path} cannot be read.`, { cause: error, remedy: 'Check --key.' })
  })
}

async function* textOf(path: string): AsyncGenerator<string, void, undefined> {
  const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 18 })
  try {
    for await (const piece of stream) yield String(piece)
  } catch (cause) {
    throw new GanderError('audit_export_unreadable', `${path} cannot be read.`, { cause })
  }
}

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.string(),
  taken_at: z.string(),
  with_keys: z.boolean(),
  database: z.strictObject({
    taken_at: z.string(),
    tables: z.array(z.strictObject({ table: z.string(), rows: z.number(), sha256: z.string() })),
    migrations: z.record(z.string(), z.string().nullable()),
  }),
  files: z.strictObject({ files: z.number(), bytes: z.number(), list_sha256: z.string() }),
})
type Manifest = z.infer<typeof manifestSchema>

interface BackupWish {
  readonly folder: string
  readonly with_keys: boolean
}

/**
 * Checkpoints first, then the database as of one moment, then the files: what a checkpoint signs is in the database
 * then, and what the database refers to is in the files. No sweep removes anything meanwhile.
 */
async function backUp(
  { settings, database }: { readonly settings: PlatformSettings; readonly database: Database },
  { folder, with_keys }: BackupWish,
): Promise<BackupSummary> {
  await newFolder(folder)
  const records = createRetentionRecords({ database, identifiers })
  const made = await records.exclusively(async () => {
    await copyCheckpoints(settings.home, join(folder, 'checkpoints'))
    const copy = await copyTablesOut(placeOf(settings), join(folder, 'database'))
    const files = await copyHomeOut({ homes: [...new Set([settings.home, keptHome(settings)])], folder, with_keys })
    const { version } = settings
    const manifest = { format: FORMAT, version, taken_at: copy.taken_at, with_keys, database: copy, files } as const
    await write(join(folder, MANIFEST), oneLine(`${canonicalJson(manifest)}\n`))
    return summaryOf(folder, manifestSchema.parse(manifest))
  })
  if (made !== undefined) return made
  throw new GanderError('backup_refused', 'A sweep or another backup is under way.', {
    remedy: 'Try again when it ended.',
  })
}

async function* oneLine(text: string): AsyncGenerator<string, void, undefined> {
  yield text
}

async function newFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0)
    throw new GanderError('backup_refused', `${folder} is not empty; a backup overwrites nothing.`)
}

async function copyCheckpoints(home: string, folder: string): Promise<void> {
  const own = createFolderPlace(join(home, 'checkpoints'))
  const copy = createFolderPlace(folder)
  for (const tenant of await own.tenants())
    for await (const checkpoint of own.read(tenant)) await copy.append(checkpoint)
}

const summaryOf = (folder: string, { taken_at, with_keys, database, files }: Manifest): BackupSummary => ({
  folder,
  taken_at,
  tables: database.tables.length,
  rows: database.tables.reduce((total, { rows }) => total + rows, 0),
  files: files.files,
  bytes: files.bytes,
  with_keys,
})

/** What a home may hold before a backup comes into it. */
const HARMLESS = new Set(['cache', 'logs'])

async function restore(settings: PlatformSettings, folder: string, by: string): Promise<BackupSummary> {
  const { home } = settings
  const manifest = await readManifest(folder)
  const there = (await readdir(home).catch(() => [])).filter((name) => !HARMLESS.has(name))
  if (there.length > 0)
    throw new GanderError('restore_refused', `${home} holds something already (${there.slice(0, 3).join(', ')}).`)
  await mkdir(home, { recursive: true, mode: 0o700 })
  await copyHomeIn({ home, folder }, manifest.files)
  const kept = createFolderPlace(join(folder, 'checkpoints'))
  const own = createFolderPlace(join(home, 'checkpoints'))
  for (const tenant of await kept.tenants())
    for await (const checkpoint of kept.read(tenant)) await own.append(checkpoint)
  await copyTablesIn(placeOf(settings), join(folder, 'database'), manifest.database)
  await tellRestored(settings, { manifest, by, tenant: LOCAL_TENANT })
  return summaryOf(folder, manifest)
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    return manifestSchema.parse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')))
  } catch (cause) {
    const what = `${folder} holds no whole backup: its ${MANIFEST} is missing or is no manifest`
    throw new GanderError('backup_unreadable', `${what}.`, { cause })
  }
}

interface Restored {
  readonly manifest: Manifest
  readonly by: string
  readonly tenant: TenantId
}

/** The chain says that it was brought back, so that what another place still knows is explained. */
async function tellRestored(settings: PlatformSettings, { manifest, by, tenant }: Restored): Promise<void> {
  const database = await openDatabase(placeOf(settings))
  try {
    const backup = createHash('sha256').update(canonicalJson(manifest)).digest('hex')
    await createAuditTrail({ database, identifiers }).note(tenant, {
      event: 'platform_restored',
      facts: { backup, taken_at: manifest.taken_at, by },
      actor_type: 'person',
      actor: by,
      resource_type: 'backup',
      resource_id: backup,
    })
  } finally {
    await database.close()
  }
}
