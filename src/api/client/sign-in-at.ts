import { asGanderError, createApiClient } from './api-client.ts'

/** How a person is sent to the provider, and what they come back with. */
type SignInWay = (offer: {
  readonly issuer: string
  readonly client_id: string
  readonly scope: string
}) => Promise<{ readonly id_token: string; readonly nonce: string | null }>

/** Signs a person in at a server, and gives the token that it answers with; undefined where it offers none. @throws GanderError `sign_in_refused` */
export async function signInAt(
  url: string,
  way: SignInWay,
): Promise<{ readonly token: string; readonly expires_at: string | null } | undefined> {
  const client = createApiClient({ url, token: 'none' })
  try {
    const { oidc } = await client.sign_in.offer()
    if (oidc === null) return undefined
    return await client.sign_in.exchange({ body: await way(oidc) })
  } catch (error) {
    throw asGanderError(error, url)
  }
}
