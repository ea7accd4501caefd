import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { link, lstat, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { VerifySignature } from '#domain/ledger'

/** What a key signs; each has a key file of its own, so that one can be replaced without the other. */
export type KeyUse = 'audit' | 'evidence'

/** An Ed25519 key that signs. The private half stays inside. */
export interface SigningKey {
  /** Hex SHA-256 of the public key's DER bytes. */
  readonly key_id: string
  /** PEM, for whoever verifies elsewhere. */
  readonly public_key: string
  /** Ed25519 over the bytes (of a text: its UTF-8 bytes), in base64. */
  sign(content: string | Uint8Array): string
}

const PLACES = {
  audit: { file: 'audit-key.pem', folder: 'audit-keys', code: 'audit_key_unreadable', print: 'gander audit key' },
  evidence: {
    file: 'evidence-key.pem',
    folder: 'evidence-keys',
    code: 'evidence_key_unreadable',
    print: 'gander verify --public-key',
  },
} as const

/**
 * The home's key for one use, made when it is first needed, for its owner only. Its public half stays in the folder of
 * public keys below `published`, also after the key was replaced, so that what it signed can still be verified.
 * @throws GanderError `audit_key_unreadable`, `evidence_key_unreadable`
 */
export async function openKey(use: KeyUse, home: string, published = home): Promise<SigningKey> {
  const path = join(home, PLACES[use].file)
  const key = (await read(use, path)) ?? (await make(use, home, path))
  const opened = signingKey(key)
  await publishKey(use, published, opened.public_key)
  return opened
}

/** A key that was given as PEM. @throws GanderError as `openKey` */
export function keyOfPem(use: KeyUse, pem: string): SigningKey {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is of the kind ${key.asymmetricKeyType ?? 'unknown'}`)
    return signingKey(key)
  } catch (cause) {
    throw new GanderError(PLACES[use].code, 'The key that was given is no Ed25519 private key in PEM.', { cause })
  }
}

/** Adds a public key to those that the home believes. */
export async function publishKey(use: KeyUse, home: string, pem: string): Promise<string> {
  const key_id = idOf(publicKey(use, pem))
  const folder = join(home, PLACES[use].folder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeOnce(join(folder, `${key_id}.pem`), pem)
  return key_id
}

/** Public keys in PEM by their id, as the home has kept them. */
export async function trustedKeys(use: KeyUse, home: string): Promise<{ readonly [key_id: string]: string }> {
  const folder = join(home, PLACES[use].folder)
  const names = await readdir(folder).catch(() => [])
  const pems = await Promise.all(
    names.filter((name) => name.endsWith('.pem')).map((name) => readFile(join(folder, name), 'utf8')),
  )
  return Object.fromEntries(pems.map((pem) => [idOf(publicKey(use, pem)), pem]))
}

/** Checks signatures against exactly these keys, by the id of each key itself; any other key verifies nothing. */
export function verifierOf(use: KeyUse, pems: readonly string[]) {
  const keys = new Map(pems.map((pem) => publicKey(use, pem)).map((key) => [idOf(key), key]))
  const holds = (content: string | Uint8Array, signature: string, key_id: string): boolean => {
    const key = keys.get(key_id)
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    return key !== undefined && verify(null, bytes, key, Buffer.from(signature, 'base64'))
  }
  return { key_ids: [...keys.keys()], holds }
}

/** The same for what the ledger signs. */
export const ledgerVerifierOf = (pems: readonly string[]): VerifySignature => verifierOf('audit', pems).holds

function signingKey(key: KeyObject): SigningKey {
  const public_key = createPublicKey(key)
  return {
    key_id: idOf(public_key),
    public_key: public_key.export({ type: 'spki', format: 'pem' }),
    sign: (content) => sign(null, typeof content === 'string' ? Buffer.from(content) : content, key).toString('base64'),
  }
}

const idOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')

function publicKey(use: KeyUse, pem: string): KeyObject {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is of the kind ${key.asymmetricKeyType ?? 'unknown'}`)
    return key
  } catch (cause) {
    throw new GanderError(PLACES[use].code, 'What was given as a public key is no Ed25519 key in PEM.', {
      cause,
      remedy: `Give the file that \`${PLACES[use].print}\` printed.`,
    })
  }
}

async function read(use: KeyUse, path: string): Promise<KeyObject | undefined> {
  try {
    const found = await lstat(path)
    if (!found.isFile() || (found.mode & 0o077) !== 0) throw new Error('others may read it; chmod it to 600')
    return createPrivateKey(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    const why = error instanceof Error ? error.message : String(error)
    throw new GanderError(PLACES[use].code, `The key ${path} cannot be used: ${why}.`, { cause: error })
  }
}

async function make(use: KeyUse, home: string, path: string): Promise<KeyObject> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  const { privateKey } = generateKeyPairSync('ed25519')
  await writeOnce(path, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const made = await read(use, path)
  if (made === undefined) throw new GanderError(PLACES[use].code, `The key ${path} vanished while it was made.`)
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
