import type { Platform } from '#ports'
import type { Command } from 'commander'
import type { CliEnvironment, PlatformWish } from './environment.ts'

/** What every verb is given. */
export interface Cli {
  readonly environment: CliEnvironment
  /** Arguments after `--`, taken as they are. */
  readonly after_dashes: readonly string[]
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
  const platform = await cli.environment.openPlatform({ purpose })
  try {
    return await act(platform)
  } finally {
    await platform.close()
  }
}

/** Prints lines on standard output. */
export function print(cli: Cli, lines: readonly string[]): void {
  cli.environment.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** Prints one JSON value as one line on standard output. */
export const printJson = (cli: Cli, value: unknown): void => print(cli, [JSON.stringify(value)])
