import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { createHttpAdministration, createHttpPlatform } from '#api/client'
import { createRunStore, openDatabase } from '#adapters/postgres'
import { runCommandLine, type CliEnvironment, type Served } from '#cli'
import { readCapability } from '#control-plane/capabilities'
import type { RunStore, RunView } from '#ports'
import { examine } from '../../../src/main/examine.ts'
import { openAdministration } from '../../../src/main/open-administration.ts'
import { openAuditDesk } from '../../../src/main/open-audit-desk.ts'
import { openPlatform } from '../../../src/main/open-platform.ts'
import { createPolicyDesk } from '../../../src/main/policy-desk.ts'
import { serve } from '../../../src/main/serve.ts'
import { identifiers } from '../../support/database.ts'
import { fakeCli } from '../../support/fake-cli-environment.ts'
import { prepareHome } from '../../support/prepared-home.ts'
import type { GuideCommand } from './guide-blocks.ts'

/** What came of one command. */
interface Done {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A home with its database, a folder to stand in and one server, shared by the commands of all guides. */
export interface GuideGround {
  readonly folder: string
  readonly home: string
  readonly store: RunStore
  /** Names that guides leave open, by the text that stands for them there. */
  readonly names: Map<string, string>
  run(command: GuideCommand): Promise<Done>
  close(): Promise<void>
}

/** Opens the ground; the first `gander serve` of a guide starts the server, which stays. */
export async function openGuideGround(): Promise<GuideGround> {
  const folder = mkdtempSync(join(tmpdir(), 'gander-guides-'))
  const home = join(folder, 'home')
  mkdirSync(home)
  await prepareHome(home)
  const database = await openDatabase({ home, dies_with_parent: true, settings: { fsync: 'off' } })
  const names = new Map([['/srv/', `${folder}/srv/`]])
  const kept = new Map<string, string>()
  let served: Served | undefined
  const start = async (wish: Parameters<NonNullable<CliEnvironment['serve']>>[0]): Promise<Served> => {
    served ??= await serve({ home, version: '0.0.0-test' }, { ...wish, port: 0 })
    names.set('http://127.0.0.1:4750', served.url)
    names.set('~/.local/share/gander/server-token', served.token_file)
    return { ...served, close: async () => undefined }
  }
  return {
    folder,
    home,
    names,
    store: createRunStore({ database, identifiers }),
    run: (command) => runOne(named(command, names), { folder, home, kept, start }),
    close: async () => {
      await served?.close()
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Every open name of a command in its place. */
function named(command: GuideCommand, names: ReadonlyMap<string, string>): GuideCommand {
  const put = (text: string) => [...names].reduce((put_in, [open, name]) => put_in.replaceAll(open, name), text)
  const env = Object.fromEntries(Object.entries(command.env).map(([name, value]) => [name, put(value)]))
  const { to, from } = command
  const files = { ...(to !== undefined && { to: put(to) }), ...(from !== undefined && { from: put(from) }) }
  return { ...command, env, words: command.words.map(put), ...files }
}

interface Ground {
  readonly folder: string
  readonly home: string
  readonly kept: Map<string, string>
  readonly start: NonNullable<CliEnvironment['serve']>
}

async function runOne({ words, env, to, from }: GuideCommand, ground: Ground): Promise<Done> {
  const [program = '', ...rest] = words
  const { folder } = ground
  const inside = (path: string) => (isAbsolute(path) ? path : join(folder, path))
  if (program !== 'gander')
    return { code: 0, out: execFileSync(program, rest, { cwd: folder, encoding: 'utf8' }), err: '' }
  const typed = from === undefined ? '' : readFileSync(inside(from), 'utf8')
  const fake = fakeCli({ typed, env })
  const home = env['GANDER_HOME'] ?? ground.home
  const code = await runCommandLine(environmentOf(fake.environment, { ...ground, home }), rest)
  if (to !== undefined) writeFileSync(inside(to), fake.out())
  return { code, out: fake.out(), err: fake.err() }
}

/** The command line of a laptop: everything real but the screen, the keyboard and the work on runs. */
function environmentOf(fake: CliEnvironment, { folder, home, kept, start }: Ground): CliEnvironment {
  const settings = { home, version: '0.0.0-test' }
  return {
    ...fake,
    home,
    // Nobody whom a guide lets in or shuts out.
    user: 'newcomer',
    cwd: folder,
    servers: {
      path: join(home, 'servers.json'),
      read: async () => Object.fromEntries(kept),
      save: async (url, token) => void (token === undefined ? kept.delete(url) : kept.set(url, token)),
    },
    readFile: async (path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return undefined
      }
    },
    writeFile: async (path, text) => {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    },
    openPlatform: async ({ server }) => {
      const platform = server === undefined ? await openPlatform(settings) : createHttpPlatform(server)
      return { ...platform, work: async (run) => (await platform.view(run)) as RunView }
    },
    openAdministration: async ({ server }) =>
      server === undefined ? openAdministration(settings, 'ada') : createHttpAdministration(server),
    audit: async () => openAuditDesk(settings),
    examine: () => examine(settings),
    policy: async (tenant) => createPolicyDesk(settings, tenant),
    capabilityProblems: async (source) => {
      const read = readCapability(source)
      return read.ok ? [] : read.refusal
    },
    serve: start,
    // Whoever reads the guide stops what stays, once they have seen it.
    onInterrupt: (handler) => {
      const timer = setTimeout(handler, 0)
      return () => clearTimeout(timer)
    },
  }
}
