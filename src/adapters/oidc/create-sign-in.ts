import { claimedGrants } from '#domain/identity'
import { ok, refuse, type Result } from '#domain/result'
import type { SignIn, SignInRules, TokenRefusal, VouchedPerson } from '#ports'
import { errors, jwtVerify, type JWTPayload, type JWTVerifyResult } from 'jose'
import { providerKeys, type ProviderKeys } from './provider-keys.ts'

/** Signatures by a key that only the provider has; `none` and shared secrets are not among them. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
/** Clocks of two machines may differ by so much. */
const CLOCK_SECONDS = 30

interface SignInParts {
  readonly rules: SignInRules
  readonly fetch: typeof globalThis.fetch
}

/** Checks what one provider signed. Its keys are read when the first token comes, and again when one is unknown. */
export function createSignIn({ rules, fetch }: SignInParts): SignIn {
  const keys = providerKeys(rules.issuer, fetch)
  const { issuer, client_id, scope } = rules
  return {
    offer: { issuer, client_id, scope },
    verifyIdToken: async (token, nonce) => {
      const read = await verified(keys, token, { issuer, audience: client_id })
      if (!read.ok) return read
      const { payload } = read.value
      if ((payload['nonce'] ?? null) !== nonce) return refused('it answers another sign-in (nonce)')
      const { azp } = payload
      if (azp !== undefined && azp !== client_id) return refused('it is for another client (azp)')
      return personOf(rules, payload)
    },
    verifyAccessToken: async (token) => {
      const read = await verified(keys, token, { issuer, audience: rules.audience ?? client_id })
      if (!read.ok) return read
      const { payload, protectedHeader } = read.value
      if (payload['nonce'] !== undefined) return refused('it is an ID token; exchange it at /v1/sign-in')
      const typed = /^(application\/)?at\+jwt$/i.test(protectedHeader.typ ?? '')
      if (!typed && rules.audience === null) return refused('it is not typed as an access token (at+jwt)')
      return personOf(rules, payload)
    },
  }
}

async function verified(
  keys: ProviderKeys,
  token: string,
  { issuer, audience }: { readonly issuer: string; readonly audience: string },
): Promise<Result<JWTVerifyResult, TokenRefusal>> {
  const key = await keys()
  try {
    const checks = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_SECONDS }
    return ok(await jwtVerify(token, key, { ...checks, requiredClaims: ['exp', 'iat', 'sub'] }))
  } catch (error) {
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) throw keys.unavailable(error)
    return refused(reasonOf(error))
  }
}

/** In our own words: what a library says of a token may hold parts of it. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${error.claim} does not fit`
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not one that is taken'
  if (error instanceof errors.JWKSNoMatchingKey) return 'no key of the provider fits it'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature does not fit'
  return 'it cannot be read'
}

function personOf(rules: SignInRules, payload: JWTPayload): Result<VouchedPerson, TokenRefusal> {
  const { sub = '' } = payload
  if (!/^[\x20-\x7e]{1,255}$/.test(sub)) return refused('its subject is not one')
  const called = [payload['name'], payload['preferred_username'], payload['email']].find(isName)
  const grants = claimedGrants(payload[rules.groups_claim], rules.groups)
  const { tenant_id, issuer } = rules
  return ok({ tenant_id, issuer, subject: sub, name: called ?? sub, email: verifiedEmail(payload), grants })
}

/** An address that anybody may have typed at their provider is nobody's. */
function verifiedEmail({ email, email_verified }: JWTPayload): string | null {
  const is_address = typeof email === 'string' && email.length <= 254 && /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u.test(email)
  return is_address && email_verified === true ? email : null
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 200 && !/[\p{Cc}\p{Cs}]/u.test(value)

const refused = (why: string) =>
  refuse({ code: 'sign_in_refused', message: `The token of the identity provider is not taken: ${why}.` } as const)
