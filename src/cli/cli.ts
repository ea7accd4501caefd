import { GanderError } from '#domain/failure'
import type { Platform } from '#ports'
import type { Command } from 'commander'
import type { CliEnvironment, PlatformWish } from './environment.ts'

/** What every verb is given. */
export interface Cli {
  readonly environment: CliEnvironment
  /** Arguments after `--`, taken as they are. */
  readonly after_dashes: readonly string[]
  /** The server that `--server` or GANDER_SERVER names; undefined: everything runs in this process. */
  server(): string | undefined
  /** Says how the program will end. */
  ended(code: number): void
}

/** Adds a verb to the program. */
export type Verb = (program: Command, cli: Cli) => void

/** Opens the platform for one act and closes it afterwards, however the act ends. */
export async function withPlatform<Value>(
  cli: Cli,
  purpose: PlatformWish['purpose'],
  act: (platform: Platform) => Promise<Value>,
): Promise<Value> {
  const url = cli.server()
  const server = url === undefined ? {} : { server: await serverAddress(cli, url) }
  const platform = await cli.environment.openPlatform({ purpose, ...server })
  try {
    return await act(platform)
  } finally {
    await platform.close()
  }
}

/** A server with the token that is kept for it, or that GANDER_TOKEN gives. */
export async function serverAddress(cli: Cli, url: string): Promise<{ readonly url: string; readonly token: string }> {
  const { env, servers } = cli.environment
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new GanderError('usage', `${url} is no address of a server. It must begin with https:// or http://.`, {
      remedy: 'Give the address that `gander serve` prints, as in --server http://127.0.0.1:4750.',
    })
  const token = env['GANDER_TOKEN'] ?? (await servers.read())[url]
  if (token !== undefined && token !== '') return { url, token }
  throw new GanderError('usage', `There is no token for ${url}.`, {
    remedy: `Run \`gander login --server ${url}\`, or set GANDER_TOKEN.`,
  })
}

/** Prints lines on standard output. */
export function print(cli: Cli, lines: readonly string[]): void {
  cli.environment.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** Prints one JSON value as one line on standard output. */
export const printJson = (cli: Cli, value: unknown): void => print(cli, [JSON.stringify(value)])
