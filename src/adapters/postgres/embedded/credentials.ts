import { randomBytes } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'

/** Passwords of the two roles of an embedded server; nobody types them. */
export interface Credentials {
  readonly owner: string
  readonly application: string
}

/** Reads the passwords of a home, or makes them; of several processes that make them at once one wins for all. */
export async function ensureCredentials(path: string): Promise<Credentials> {
  const known = await read(path)
  if (known !== undefined) return known
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(aside, JSON.stringify({ owner: secret(), application: secret() }), { mode: 0o600, flush: true })
  await link(aside, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(aside, { force: true })
  const made = await read(path)
  if (made === undefined) throw new Error(`${path} vanished while it was made`)
  return made
}

async function read(path: string): Promise<Credentials | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Credentials
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

const secret = (): string => randomBytes(24).toString('base64url')
