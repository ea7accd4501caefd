import { GanderError } from '#domain/failure'
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
    .action((flags: WorkerFlags) => stand(cli, flags))
}

async function stand(cli: Cli, { atOnce, name, drainSeconds, databaseUrl }: WorkerFlags): Promise<void> {
  const { environment } = cli
  if (environment.worker === undefined) throw new GanderError('usage', 'This program was built without a worker.')
  if (atOnce < 1)
    throw new GanderError('usage', 'A worker that takes no run has nothing to do.', {
      remedy: 'Give a whole number of at least 1 with --at-once.',
    })
  const standing = await environment.worker({
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
