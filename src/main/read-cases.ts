import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GanderError } from '#domain/failure'
import type { Result } from '#domain/result'

const PROGRAM = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The cases of one of the program's own sets, by name: each YAML file of a folder.
 * @throws GanderError `internal` for one that does not read, which is a defect of the set
 */
export async function readCases<T>(folder: string, read: (source: string) => Result<T, string>): Promise<readonly T[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      const one = read(await readFile(file, 'utf8'))
      if (!one.ok) throw new GanderError('internal', `${relative(PROGRAM, file)}: ${one.refusal}`)
      return one.value
    }),
  )
}
