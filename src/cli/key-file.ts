import { GanderError } from '#domain/failure'
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Keys of model providers that `gander login` keeps. */
export interface KeyFile {
  /** Absolute path, for people. */
  readonly path: string
  /** Keys by provider; empty where nobody has logged in. @throws GanderError `storage_unwritable` */
  read(): Promise<{ readonly [provider: string]: string }>
  /** Keeps a key, or forgets it where it is undefined. @throws GanderError `storage_unwritable` */
  save(provider: string, key: string | undefined): Promise<void>
}

/** A JSON file that only its owner can read (0600 in a 0700 folder), replaced atomically. */
export function createKeyFile(path: string): KeyFile {
  const read = async () => {
    try {
      return parse(await readFile(path, 'utf8'))
    } catch (error) {
      if (isMissing(error)) return {}
      throw broken(path, 'could not be read', error)
    }
  }
  return {
    path,
    read,
    save: async (provider, key) => {
      const { [provider]: _, ...others } = await read()
      const keys = key === undefined ? others : { ...others, [provider]: key }
      try {
        await replace(path, `${JSON.stringify(keys, undefined, 2)}\n`)
      } catch (error) {
        throw broken(path, 'could not be written', error)
      }
    },
  }
}

function parse(text: string): { readonly [provider: string]: string } {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const aside = `${path}.${process.pid}.new`
  const file = await open(aside, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await chmod(aside, 0o600)
  try {
    await rename(aside, path)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  }
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT'

const broken = (path: string, what: string, cause: unknown) =>
  new GanderError('storage_unwritable', `The key file ${path} ${what}: ${reason(cause)}.`, {
    cause,
    remedy: `Correct or remove ${path}, then run \`gander login\` again.`,
  })

const reason = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))
