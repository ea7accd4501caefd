import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const SECRET = /^[0-9a-f]{64}$/

/**
 * The secret of an installation that delimiters of shared context are derived from: made once, kept where artifacts are,
 * so that all its workers begin alike. Undefined where the folder takes none: each worker then has its own.
 */
export async function contextSecret(kept_home: string): Promise<string | undefined> {
  const folder = join(kept_home, 'keys')
  const path = join(folder, 'context.secret')
  return (await secretIn(path)) ?? (await made(folder, path))
}

async function secretIn(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return SECRET.test(text.trim()) ? text.trim() : undefined
}

/** Put in place whole, and never over one that is there: whoever comes second takes the first one's. */
async function made(folder: string, path: string): Promise<string | undefined> {
  const aside = join(folder, `.context-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(aside, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 })
    await link(aside, path)
  } catch {
    // It is there already, or this folder takes none.
  } finally {
    await rm(aside, { force: true }).catch(() => undefined)
  }
  return secretIn(path)
}
