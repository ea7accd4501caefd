import { GanderError } from '#domain/failure'
import { InvalidArgumentError } from 'commander'
import { print, type Cli, type Verb } from '../cli.ts'
import { keyOf, PROVIDERS } from '../model-choice.ts'
import { paintFor } from '../screen/paint.ts'
import { apiWish, withApiFlags, type ApiFlags } from './api-flags.ts'
import { whole } from './run.ts'

interface ServeFlags extends ApiFlags {
  readonly host: string
  readonly port: number
  readonly workers: number
  readonly modelUrl: readonly string[]
}

/** `gander serve`: everything in one process, for people and programs that ask over HTTP. */
export const addServe: Verb = (program, cli) => {
  const command = program
    .command('serve')
    .summary('run the platform as a server, with its API')
    .description('Runs API, scheduler and workers in one process until Ctrl-C. Its documents are at /docs.')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'the port; 0 takes a free one', port, 4750)
    .option('--workers <n>', 'runs worked on at once', whole, 2)
    .option('--model-url <url...>', 'addresses of model servers that orders may name', [])
  withApiFlags(command).action((flags: ServeFlags) => serve(cli, flags))
}

async function serve(cli: Cli, { host, port, workers, modelUrl, ...flags }: ServeFlags): Promise<void> {
  const { environment } = cli
  if (environment.serve === undefined) throw new GanderError('usage', 'This program was built without a server.')
  const served = await environment.serve({
    host,
    port,
    workers,
    model_addresses: modelUrl,
    keys: await allKeys(cli),
    ...(await apiWish(cli, flags)),
  })
  const paint = paintFor(environment.stdout, environment.env)
  print(cli, [
    `${paint.good('✓')} Gander listens on ${paint.strong(served.url)}`,
    `  token      ${served.token_file}`,
    `  documents  ${served.url}/docs`,
    paint.dim('  Ctrl-C takes no more work and ends when what is in hand rests; twice leaves at once.'),
  ])
  await new Promise<void>((resolve) => {
    let asked = false
    environment.onInterrupt(() => {
      if (asked) return environment.leave(0)
      asked = true
      resolve()
    })
  })
  await served.close()
}

/** Every provider's key that this user has, from the environment or kept. */
export async function allKeys({ environment }: Cli): Promise<{ readonly [provider: string]: string }> {
  const keys = { env: environment.env, saved: await environment.keys.read() }
  const providers = [...new Set([...Object.keys(PROVIDERS), ...Object.keys(keys.saved)])]
  const found = providers.map((provider) => [provider, keyOf(provider, keys)] as const)
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined))
}

/** A port's number. */
export function port(text: string): number {
  const value = whole(text)
  if (value > 65_535) throw new InvalidArgumentError('It must be a port, 0 to 65535.')
  return value
}
