import { GanderError } from '#domain/failure'
import * as oidc from 'openid-client'

/** A provider as a server offers it to whoever signs in. */
export interface Provider {
  readonly issuer: string
  readonly client_id: string
  readonly scope: string
}

/** What the provider says of itself. @throws GanderError `sign_in_unavailable` */
export async function discovered({ issuer, client_id }: Provider): Promise<oidc.Configuration> {
  const open = new URL(issuer).protocol === 'http:' ? { execute: [oidc.allowInsecureRequests] } : {}
  try {
    return await oidc.discovery(new URL(issuer), client_id, undefined, oidc.None(), open)
  } catch (cause) {
    throw new GanderError('sign_in_unavailable', `The identity provider ${issuer} does not answer as one.`, { cause })
  }
}

/** What a provider refused with, without parts of what it sent. */
export const wordsOf = (error: unknown): string =>
  error instanceof oidc.AuthorizationResponseError || error instanceof oidc.ResponseBodyError
    ? `it answered ${error.error}`
    : 'its answer does not hold'

/** A sign-in that came to nothing. */
export const refused = (why: string, cause?: unknown): GanderError =>
  new GanderError('sign_in_refused', `The sign-in at the identity provider failed: ${why}.`, { cause })
