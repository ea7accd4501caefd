import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { link, lstat, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { VerifySignature } from '#domain/ledger'
import type { LedgerKey } from '#ports'

const PRIVATE = 'audit-key.pem'
const PUBLIC = 'audit-keys'

/**
 * The home's Ed25519 key, made at its first use: GANDER_HOME/audit-key.pem, for its owner only. Its public half stays in
 * GANDER_HOME/audit-keys, also after the key was replaced, so that what it signed can still be verified.
 * @throws GanderError `audit_key_unreadable`
 */
export async function openLedgerKey(home: string): Promise<LedgerKey> {
  const path = join(home, PRIVATE)
  const key = (await read(path)) ?? (await make(home, path))
  const public_key = createPublicKey(key)
  const key_id = idOf(public_key)
  const pem = public_key.export({ type: 'spki', format: 'pem' })
  const folder = join(home, PUBLIC)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeOnce(join(folder, `${key_id}.pem`), pem)
  return { key_id, public_key: pem, sign: (text) => sign(null, Buffer.from(text), key).toString('base64') }
}

/** Public keys in PEM by their id, as the home has kept them. */
export async function trustedKeys(home: string): Promise<{ readonly [key_id: string]: string }> {
  const folder = join(home, PUBLIC)
  const names = await readdir(folder).catch(() => [])
  const pems = await Promise.all(
    names.filter((name) => name.endsWith('.pem')).map((name) => readFile(join(folder, name), 'utf8')),
  )
  return Object.fromEntries(pems.map((pem) => [idOf(publicKey(pem)), pem]))
}

/** Checks signatures against exactly these keys, by the id of each key itself; any other key verifies nothing. */
export function verifierOf(pems: readonly string[]): VerifySignature {
  const keys = new Map(pems.map(publicKey).map((key) => [idOf(key), key]))
  return (text, signature, key_id) => {
    const key = keys.get(key_id)
    return key !== undefined && verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
  }
}

const idOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')

function publicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw new GanderError('audit_key_unreadable', 'A public key of the audit trail is no key in PEM.', {
      cause,
      remedy: 'Give the file that `gander audit key` printed.',
    })
  }
}

async function read(path: string): Promise<KeyObject | undefined> {
  try {
    const found = await lstat(path)
    if (!found.isFile() || (found.mode & 0o077) !== 0) throw new Error('others may read it; chmod it to 600')
    return createPrivateKey(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    const why = error instanceof Error ? error.message : String(error)
    throw new GanderError('audit_key_unreadable', `The key ${path} cannot be used: ${why}.`, { cause: error })
  }
}

async function make(home: string, path: string): Promise<KeyObject> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeOnce(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const made = await read(path)
  if (made === undefined) throw new GanderError('audit_key_unreadable', `The key ${path} vanished while it was made.`)
  return made
}

/** Of several processes that write at once one wins for all. */
async function writeOnce(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await link(aside, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(aside, { force: true })
}
