import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { SignedCheckpoint } from '#domain/ledger'
import type { CheckpointPlace } from '#ports'
import { folderName, readCheckpoint } from './signed-checkpoint.ts'

const IN_A_FOLDER = 1_000

/**
 * A folder of files, one for each checkpoint: TENANT/0000/0000001.json. A file is written aside, flushed and linked to
 * its name, so a name never holds less than all of it and is never taken twice. Nothing is changed or removed.
 */
export function createFolderPlace(root: string): CheckpointPlace {
  return {
    where: root,
    tenants: async () => (await names(root)) as readonly TenantId[],
    last: async (tenant) => {
      const number = await lastNumber(root, tenant)
      return number === 0 ? undefined : read(root, tenant, number)
    },
    read: (tenant, after = 0) => readAll(root, tenant, after),
    append: (checkpoint) => append(root, checkpoint),
  }
}

async function* readAll(root: string, tenant: TenantId, after: number): AsyncGenerator<SignedCheckpoint> {
  const last = await lastNumber(root, tenant)
  for (let number = after + 1; number <= last; number++) {
    const checkpoint = await read(root, tenant, number)
    // What is missing in between shows in the next one's number.
    if (checkpoint !== undefined) yield checkpoint
  }
}

const folderOf = (root: string, tenant: TenantId, number: number): string =>
  join(root, folderName(tenant), String(Math.floor(number / IN_A_FOLDER)).padStart(4, '0'))
const fileOf = (number: number): string => `${String(number).padStart(7, '0')}.json`

async function lastNumber(root: string, tenant: TenantId): Promise<number> {
  const own = join(root, folderName(tenant))
  for (const folder of (await names(own)).toReversed()) {
    const files = (await names(join(own, folder))).filter((name) => /^\d{7,}\.json$/.test(name))
    const last = files.at(-1)
    if (last !== undefined) return Number.parseInt(last, 10)
  }
  return 0
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()
  } catch (cause) {
    if (isMissing(cause)) return []
    throw new GanderError('checkpoints_unreadable', `The checkpoints in ${folder} cannot be read: ${why(cause)}.`, {
      cause,
    })
  }
}

async function read(root: string, tenant: TenantId, number: number): Promise<SignedCheckpoint | undefined> {
  const path = join(folderOf(root, tenant, number), fileOf(number))
  try {
    return readCheckpoint(await readFile(path, 'utf8'), path)
  } catch (cause) {
    if (isMissing(cause)) return undefined
    if (cause instanceof GanderError) throw cause
    throw new GanderError('checkpoints_unreadable', `The checkpoint ${path} cannot be read: ${why(cause)}.`, { cause })
  }
}

async function append(root: string, checkpoint: SignedCheckpoint): Promise<void> {
  const { tenant_id, number } = checkpoint
  const last = await lastNumber(root, tenant_id)
  if (number > last + 1) throw unwritable(`${root} has ${last} checkpoints, so ${number} is not the next`)
  const folder = folderOf(root, tenant_id, number)
  const aside = join(root, `.${process.pid}-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = await open(aside, 'wx', 0o400)
    try {
      await file.writeFile(`${JSON.stringify(checkpoint)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(aside, join(folder, fileOf(number)))
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'))
      throw unwritable(`${root} takes none: ${why(cause)}`, cause)
    const there = await read(root, tenant_id, number)
    if (there?.signature !== checkpoint.signature) throw unwritable(`${root} has another checkpoint ${number}`)
  } finally {
    await rm(aside, { force: true }).catch(() => undefined)
  }
}

const unwritable = (message: string, cause?: unknown): GanderError =>
  new GanderError('checkpoints_unwritable', `The checkpoint was not kept: ${message}.`, { cause })

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
const why = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
