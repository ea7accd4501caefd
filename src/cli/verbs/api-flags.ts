import type { Command } from 'commander'
import type { Cli } from '../cli.ts'
import type { ServeWish } from '../environment.ts'
import { chooseModel } from '../model-choice.ts'

/** What may be said of a server's API. */
export interface ApiFlags {
  readonly oidcIssuer?: string
  readonly oidcClient?: string
  readonly model?: string
}

/** Adds what may be said of a server's API. */
export const withApiFlags = (command: Command): Command =>
  command
    .option('--oidc-issuer <url>', 'the identity provider people sign in with')
    .option('--oidc-client <id>', 'this installation at that provider')
    .option('--model <provider:model>', 'who works where an order does not say')

/** The same for the wiring. @throws GanderError `usage`, `model_not_configured` */
export async function apiWish(
  { environment }: Cli,
  { oidcIssuer, oidcClient, model }: ApiFlags,
): Promise<Pick<ServeWish, 'oidc' | 'agent'>> {
  const oidc = {
    ...(oidcIssuer !== undefined && { issuer: oidcIssuer }),
    ...(oidcClient !== undefined && { client_id: oidcClient }),
  }
  if (model === undefined) return { oidc }
  const keys = { env: environment.env, saved: await environment.keys.read() }
  const chosen = chooseModel({ model }, keys, environment.cwd)
  return { oidc, agent: { kind: 'native', model: chosen, fallback: null } }
}
