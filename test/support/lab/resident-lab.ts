import { readFile } from 'node:fs/promises'
import { runCommandLine, type CliEnvironment } from '#cli'
import type { Platform } from '#ports'
import { openPlatform } from '../../../src/main/open-platform.ts'
import { fakeCli } from '../fake-cli-environment.ts'
import { openLab, type Finished, type Lab } from './lab.ts'

/** Types a command of the program into this process, on a platform that stays open. */
export type Typed = (words: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Finished>

/** A platform of this process, as in a worker that lives long: what is typed finds it warm. */
export async function openResident(lab: Lab): Promise<{ readonly type: Typed; close(): Promise<void> }> {
  const platform = await openPlatform({ home: lab.home, version: 'test' })
  return {
    type: async (words, env = {}) => {
      const cli = fakeCli()
      const code = await runCommandLine(environmentOf(cli.environment, lab.root, { platform, env }), words)
      return { code, stdout: cli.out(), stderr: cli.err() }
    },
    close: () => platform.close(),
  }
}

interface Given {
  readonly platform: Platform
  readonly env: Readonly<Record<string, string>>
}

/** A command line that reads this machine's files and leaves the platform open for the next command. */
const environmentOf = (environment: CliEnvironment, cwd: string, { platform, env }: Given): CliEnvironment => ({
  ...environment,
  cwd,
  env,
  now: () => Date.now(),
  readFile: (path) => readFile(path, 'utf8').catch(() => undefined),
  openPlatform: async () => ({ ...platform, close: async () => undefined }),
})

/**
 * A lab whose runs share one platform of this process; every other command is a process as ever. For files that are about
 * what becomes of a run, not about its process: a run costs a third less without a start, and nothing else differs.
 * Closes the lab that it was given as well.
 */
export async function openResidentLab(given?: Lab): Promise<Lab> {
  const lab = given ?? (await openLab())
  const resident = await openResident(lab)
  return {
    ...lab,
    gander: (words, options = {}) => {
      if (words[0] !== 'run' || options.input !== undefined) return lab.gander(words, options)
      const env = Object.entries(options.env ?? {}).flatMap(([name, value]) => (value ? [[name, value]] : []))
      return resident.type(words, Object.fromEntries(env))
    },
    close: async () => {
      await resident.close()
      await lab.close()
    },
  }
}
