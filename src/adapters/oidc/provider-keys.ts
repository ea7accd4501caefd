import { GanderError } from '#domain/failure'
import { createRemoteJWKSet, customFetch } from 'jose'
import { z } from 'zod'

const TIMEOUT_MS = 5000
const COOLDOWN_MS = 10_000
const MAX_BYTES = 1_000_000

type KeySet = ReturnType<typeof createRemoteJWKSet>

/** The keys of a provider, found by its discovery document. */
export interface ProviderKeys {
  (): Promise<KeySet>
  /** What is thrown where the provider does not answer. */
  readonly unavailable: (cause: unknown) => GanderError
}

const metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/** Reads the discovery document once; after a failure again with the next token. */
export function providerKeys(issuer: string, fetch: typeof globalThis.fetch): ProviderKeys {
  const unavailable = (cause: unknown) =>
    new GanderError('sign_in_unavailable', `The identity provider ${issuer} does not answer as one.`, {
      cause,
      retryable: true,
    })
  let found: Promise<KeySet> | undefined
  const discover = async () => {
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    })
    const text = response.ok ? await response.text() : ''
    if (text.length > MAX_BYTES) throw new Error('the discovery document is too long')
    const read = metadata.parse(JSON.parse(text))
    if (read.issuer !== issuer) throw new Error('the discovery document is for another issuer')
    const options = { cooldownDuration: COOLDOWN_MS, timeoutDuration: TIMEOUT_MS, [customFetch]: fetch }
    return createRemoteJWKSet(new URL(read.jwks_uri), options)
  }
  const keys = async () => {
    found ??= discover()
    try {
      return await found
    } catch (error) {
      found = undefined
      throw unavailable(error)
    }
  }
  return Object.assign(keys, { unavailable })
}
