import { GanderError } from '#domain/failure'
import { print, type Cli, type Verb } from '../cli.ts'
import { paintFor } from '../screen/paint.ts'
import { HOW_TO_LEAVE, standUntilAsked } from '../stand-until-asked.ts'
import { allKeys } from './serve.ts'

interface GatewayFlags {
  readonly databaseUrl?: string
}

/** `gander gateway`: the model gateway in front. */
export const addGateway: Verb = (program, cli) => {
  program
    .command('gateway')
    .summary('run the model gateway in front')
    .description('Runs the one model gateway of a database until Ctrl-C; calls in flight are answered and recorded.')
    .option('--database-url <url>', 'the database, in place of DATABASE_URL')
    .action((flags: GatewayFlags) => stand(cli, flags))
}

async function stand(cli: Cli, { databaseUrl }: GatewayFlags): Promise<void> {
  const { environment } = cli
  if (environment.gateway === undefined) throw new GanderError('usage', 'This program was built without a gateway.')
  const standing = await environment.gateway({
    keys: await allKeys(cli),
    ...(databaseUrl !== undefined && { database_url: databaseUrl }),
  })
  const paint = paintFor(environment.stdout, environment.env)
  print(cli, [...standing.about.map((line) => `${paint.good('✓')} ${line}`), paint.dim(HOW_TO_LEAVE)])
  await standUntilAsked(cli, standing)
}
