import { GanderError } from '#domain/failure'
import { print, type Cli, type Verb } from '../cli.ts'
import { paintFor } from '../screen/paint.ts'
import { HOW_TO_LEAVE, standUntilAsked } from '../stand-until-asked.ts'
import { apiWish, withApiFlags, type ApiFlags } from './api-flags.ts'
import { port } from './serve.ts'

interface ControlPlaneFlags extends ApiFlags {
  readonly host: string
  readonly port: number
  readonly databaseUrl?: string
  readonly modelUrl: readonly string[]
}

/** `gander control-plane`: API and scheduler without any work. */
export const addControlPlane: Verb = (program, cli) => {
  const command = program
    .command('control-plane')
    .summary('run the API and the scheduler, without working on runs')
    .description('Runs the API and the duties of the scheduler until Ctrl-C; workers are processes of their own.')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <n>', 'the port; 0 takes a free one', port, 4750)
    .option('--database-url <url>', 'the database, in place of DATABASE_URL')
    .option('--model-url <url...>', 'addresses of model servers that orders may name', [])
  withApiFlags(command).action((flags: ControlPlaneFlags) => stand(cli, flags))
}

async function stand(cli: Cli, { host, port, databaseUrl, modelUrl, ...flags }: ControlPlaneFlags): Promise<void> {
  const { environment } = cli
  if (environment.controlPlane === undefined)
    throw new GanderError('usage', 'This program was built without a control plane.')
  const served = await environment.controlPlane({
    host,
    port,
    model_addresses: modelUrl,
    ...(await apiWish(cli, flags)),
    ...(databaseUrl !== undefined && { database_url: databaseUrl }),
  })
  const paint = paintFor(environment.stdout, environment.env)
  print(cli, [
    `${paint.good('✓')} The control plane listens on ${paint.strong(served.url)}`,
    `  token      ${served.token_file}`,
    `  health     ${served.url}/v1/healthz`,
    paint.dim(HOW_TO_LEAVE),
  ])
  await standUntilAsked(cli, { ended: new Promise(() => {}), close: () => served.close() })
}
