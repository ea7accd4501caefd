import { accessSync, constants, statSync } from 'node:fs'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'

/** The package each program comes with, by the name that apt knows. */
const PACKAGES: Readonly<Record<string, string>> = { bwrap: 'bubblewrap', setpriv: 'util-linux', flock: 'util-linux' }

const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin']

/** Names the program that a command line needs and this machine lacks. @throws GanderError `tool_missing` */
export function requirePrograms(words: readonly string[]): void {
  for (const [program, name] of Object.entries(PACKAGES)) {
    if (!words.includes(program) || FOLDERS.some((folder) => isProgram(join(folder, program)))) continue
    throw new GanderError(
      'tool_missing',
      `The embedded database needs ${name}, and its program ${program} is missing here.`,
      {
        facts: { program },
        remedy: `Install it (apt-get install ${name}), or point DATABASE_URL at a PostgreSQL 15 or newer.`,
      },
    )
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
