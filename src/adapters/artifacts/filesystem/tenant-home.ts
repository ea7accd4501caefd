import { createHmac, randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LOCAL_TENANT } from '#domain/ids'

const KEY_FILE = 'tenant-folders.key'
const KEY_BYTES = 32

/**
 * The folder that holds a tenant's files below a home: the home itself for the installation's own tenant, and for any
 * other a folder named by a keyed hash, so that no name tells a tenant and no tenant can name another's.
 */
export function tenantHome(home: string, tenant: string): string {
  if (tenant === LOCAL_TENANT) return home
  const hidden = createHmac('sha256', folderKey(home)).update(tenant).digest('hex').slice(0, 32)
  return join(home, 'tenants', hidden)
}

const keys = new Map<string, Uint8Array>()

/** The key of a home, made at its first use; of two processes that make it the first one's counts. */
function folderKey(home: string): Uint8Array {
  const known = keys.get(home)
  if (known !== undefined) return known
  const path = join(home, KEY_FILE)
  const key = readKey(path) ?? makeKey(home, path)
  keys.set(home, key)
  return key
}

function readKey(path: string): Uint8Array | undefined {
  try {
    const bytes = readFileSync(path)
    return bytes.length === KEY_BYTES ? bytes : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

function makeKey(home: string, path: string): Uint8Array {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(fresh, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' })
  try {
    linkSync(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(fresh, { force: true })
  }
  return readFileSync(path)
}
