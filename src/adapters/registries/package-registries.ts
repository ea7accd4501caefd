import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PackageRegistries, PackageTool } from '#ports'
import { cachedFileAddresses } from './file-addresses.ts'
import { cargoAddresses } from './cargo-addresses.ts'
import { goAddresses } from './go-addresses.ts'
import { fetchIndexPage } from './index-page.ts'
import { mavenAddresses } from './maven-addresses.ts'
import { npmAddresses } from './npm-addresses.ts'
import { pipIndexes } from './pip-indexes.ts'
import { withoutCredentials } from './registry-address.ts'

const run = promisify(execFile)
const TOOL_MS = 20_000

/** What the answers are made of; tests put others in. */
interface RegistrySources {
  /** Gander's home; answers of an index are kept below it. */
  readonly home: string
  readonly environment?: NodeJS.ProcessEnv
  /** Standard output of one of the machine's tools; undefined when it is missing or fails. */
  readonly ask?: (argv: readonly string[]) => Promise<string | undefined>
  /** An index's page; undefined when it cannot be had. */
  readonly page?: (address: string) => Promise<string | undefined>
}

/** The package registries of this machine; each tool is asked once, when it is first needed. */
export function createPackageRegistries(sources: RegistrySources): PackageRegistries {
  const { home, environment = process.env } = sources
  const ask = sources.ask ?? ((argv: readonly string[]) => toolOutput(argv, environment))
  const page = sources.page ?? ((address: string) => fetchIndexPage(address, environment))
  const makers: Readonly<Record<PackageTool, () => Promise<readonly string[]>>> = {
    npm: () => npmAddresses(ask),
    maven: () => mavenAddresses(ask, join(environment['HOME'] ?? homedir(), '.m2', 'settings.xml')),
    pip: async () => {
      const indexes = await pipIndexes(ask, environment)
      const files = await Promise.all(
        indexes.map((index) => cachedFileAddresses(index, join(home, 'cache', 'registries'), page)),
      )
      return [...indexes, ...files.flat()].flatMap(withoutCredentials)
    },
    go: () => goAddresses(ask),
    cargo: () =>
      cargoAddresses(ask, environment['CARGO_HOME'] ?? join(environment['HOME'] ?? homedir(), '.cargo'), page),
  }
  const made = new Map<PackageTool, Promise<readonly string[]>>()
  return {
    addresses: async (of) => {
      const answer = made.get(of) ?? makers[of]()
      made.set(of, answer)
      // Nothing is remembered of a tool that could not say: it may be installed meanwhile.
      if ((await answer).length === 0) made.delete(of)
      return [...new Set(await answer)]
    },
  }
}

/** Output of one of the machine's tools in the user's home, where no project's own settings count; undefined when it fails. */
export async function toolOutput(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const [program = '', ...words] = argv
  try {
    return (await run(program, words, { timeout: TOOL_MS, cwd: env['HOME'] ?? homedir(), env })).stdout
  } catch {
    return undefined
  }
}
