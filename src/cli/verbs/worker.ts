import { GanderError } from '#domain/failure'
import { resolve } from 'node:path'
import { print, type Cli, type Verb } from '../cli.ts'
import { paintFor } from '../screen/paint.ts'
import { HOW_TO_LEAVE, standUntilAsked } from '../stand-until-asked.ts'
import { whole } from './run.ts'
import { allKeys } from './serve.ts'

interface WorkerFlags {
  readonly atOnce: number
  readonly name: string
  readonly drainSeconds: number
  readonly databaseUrl?: string
  readonly gateway?: string
  readonly gatewayFingerprint?: string
  readonly gatewayToken?: string
}

/** `gander worker`: leases any run and works on it. */
export const addWorker: Verb = (program, cli) => {
  program
    .command('worker')
    .summary('work on queued runs, as one of any number of workers')
    .description('Takes runs from the queue until Ctrl-C. What is in hand then ends, or goes back for another worker.')
    .option('--at-once <n>', 'runs worked on at once', whole, 2)
    .option('--name <name>', 'name in its log', 'worker')
    .option('--drain-seconds <n>', 'how long runs in hand may go on when it leaves', whole, 30)
    .option('--database-url <url>', 'the database, in place of DATABASE_URL')
    .option('--gateway <url>', 'the model gateway of another host, https://HOST:PORT')
    .option('--gateway-fingerprint <hex>', 'SHA-256 of its certificate, as `gander gateway --listen` says it')
    .option('--gateway-token <file>', "file with this worker's token (default: GANDER_GATEWAY_TOKEN)")
    .action((flags: WorkerFlags) => stand(cli, flags))
}

async function stand(cli: Cli, flags: WorkerFlags): Promise<void> {
  const { atOnce, name, drainSeconds, databaseUrl } = flags
  const { environment } = cli
  if (environment.worker === undefined) throw new GanderError('usage', 'This program was built without a worker.')
  if (atOnce < 1)
    throw new GanderError('usage', 'A worker that takes no run has nothing to do.', {
      remedy: 'Give a whole number of at least 1 with --at-once.',
    })
  const gateway = await gatewayOf(cli, flags)
  const standing = await environment.worker({
    ...(gateway && { gateway }),
    name,
    at_once: atOnce,
    drain_seconds: drainSeconds,
    keys: await allKeys(cli),
    ...(databaseUrl !== undefined && { database_url: databaseUrl }),
  })
  const paint = paintFor(environment.stdout, environment.env)
  print(cli, [...standing.about.map((line) => `${paint.good('✓')} ${line}`), paint.dim(HOW_TO_LEAVE)])
  await standUntilAsked(cli, standing)
}

/** The gateway of another host, with what it takes to be sure of it and to be let in. */
async function gatewayOf(cli: Cli, { gateway: url, gatewayFingerprint, gatewayToken }: WorkerFlags) {
  if (url === undefined) return undefined
  const { environment } = cli
  if (gatewayFingerprint === undefined)
    throw new GanderError('usage', 'A gateway of another host is known by the fingerprint of its certificate.', {
      remedy: 'Give --gateway-fingerprint; `gander gateway --listen` says it when it starts.',
    })
  const kept =
    gatewayToken === undefined
      ? environment.env['GANDER_GATEWAY_TOKEN']
      : await environment.readFile(resolve(environment.cwd, gatewayToken))
  const token = kept?.trim() ?? ''
  if (token !== '') return { url, fingerprint: gatewayFingerprint, token }
  throw new GanderError('usage', 'There is no token for the gateway.', {
    remedy:
      'Make one with `gander principal add NAME --kind worker` and `gander token issue NAME`, and give its file with --gateway-token.',
  })
}
