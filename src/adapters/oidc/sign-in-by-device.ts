import { GanderError } from '#domain/failure'
import * as oidc from 'openid-client'
import { discovered, refused, wordsOf, type Provider } from './provider.ts'

/** What a person types where, on any other machine. */
interface DeviceCode {
  readonly user_code: string
  readonly address: string
  /** The same with the code in it; null where the provider has none. */
  readonly whole_address: string | null
  readonly minutes: number
}

/** Where a person signs in, and how they are told. */
interface DeviceSignIn extends Provider {
  readonly show: (code: DeviceCode) => Promise<void>
  readonly signal?: AbortSignal
}

/**
 * Signs a person in who has their browser on another machine (RFC 8628). The nonce is null where the provider puts none
 * into tokens of this flow. @throws GanderError `sign_in_refused`, `sign_in_unavailable`
 */
export async function signInByDevice(
  wish: DeviceSignIn,
): Promise<{ readonly id_token: string; readonly nonce: string | null }> {
  const provider = await discovered(wish)
  if (provider.serverMetadata().device_authorization_endpoint === undefined)
    throw refused('it has no sign-in for machines without a browser')
  const nonce = oidc.randomNonce()
  try {
    const begun = await oidc.initiateDeviceAuthorization(provider, { scope: wish.scope, nonce })
    await wish.show({
      user_code: begun.user_code,
      address: begun.verification_uri,
      whole_address: begun.verification_uri_complete ?? null,
      minutes: Math.max(1, Math.round(begun.expires_in / 60)),
    })
    const given = await oidc.pollDeviceAuthorizationGrant(provider, begun, undefined, {
      ...(wish.signal && { signal: wish.signal }),
    })
    const { id_token } = given
    if (id_token === undefined) throw refused('it gave no ID token')
    return { id_token, nonce: nonceOf(given.claims()?.nonce, nonce) }
  } catch (error) {
    throw error instanceof GanderError ? error : refused(wordsOf(error), error)
  }
}

function nonceOf(given: unknown, sent: string): string | null {
  if (given === undefined) return null
  if (given === sent) return sent
  throw refused('its answer belongs to another sign-in')
}
