import { GanderError } from '#domain/failure'
import { print, type Cli, type Verb } from '../cli.ts'
import { paintFor } from '../screen/paint.ts'
import { HOW_TO_LEAVE, standUntilAsked } from '../stand-until-asked.ts'
import { allKeys } from './serve.ts'

interface GatewayFlags {
  readonly databaseUrl?: string
  readonly listen?: string
}

/** `gander gateway`: the model gateway in front. */
export const addGateway: Verb = (program, cli) => {
  program
    .command('gateway')
    .summary('run the model gateway in front')
    .description('Runs the one model gateway of a database until Ctrl-C; calls in flight are answered and recorded.')
    .option('--database-url <url>', 'the database, in place of DATABASE_URL')
    .option('--listen <host:port>', "serve workers of other hosts there as well, over TLS, by their workers' tokens")
    .action((flags: GatewayFlags) => stand(cli, flags))
}

async function stand(cli: Cli, { databaseUrl, listen }: GatewayFlags): Promise<void> {
  const { environment } = cli
  if (environment.gateway === undefined) throw new GanderError('usage', 'This program was built without a gateway.')
  const standing = await environment.gateway({
    keys: await allKeys(cli),
    ...(databaseUrl !== undefined && { database_url: databaseUrl }),
    ...(listen !== undefined && { listen: addressOf(listen) }),
  })
  const paint = paintFor(environment.stdout, environment.env)
  print(cli, [...standing.about.map((line) => `${paint.good('✓')} ${line}`), paint.dim(HOW_TO_LEAVE)])
  await standUntilAsked(cli, standing)
}

/** An address to listen on; an IPv6 host stands in brackets. */
function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) }
  throw new GanderError('usage', `${JSON.stringify(text)} is nothing to listen on.`, {
    remedy: 'Give HOST:PORT with --listen, such as 10.0.0.5:4751.',
  })
}
