import type { RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { Result } from '#domain/result'

/** Somebody whom an identity provider vouches for, and what their groups open here. */
export interface VouchedPerson {
  readonly tenant_id: TenantId
  readonly issuer: string
  readonly subject: string
  /** For the record: the provider's name, e-mail address or subject. */
  readonly name: string
  readonly grants: readonly RoleGrant[]
}

/** A token that is not taken, with what is wrong in words that may be shown to whoever sent it. */
export interface TokenRefusal {
  readonly code: 'sign_in_refused'
  readonly message: string
}

/** The identity provider that an installation trusts. @throws GanderError `sign_in_unavailable` where it does not answer */
export interface SignIn {
  /** What a client needs to send a person there. */
  readonly offer: { readonly issuer: string; readonly client_id: string; readonly scope: string }
  /** Checks an ID token: signature, issuer, audience, algorithm, times and the nonce it was asked for with. */
  verifyIdToken(token: string, nonce: string): Promise<Result<VouchedPerson, TokenRefusal>>
  /** Checks an access token the same; one that belongs to a sign-in is refused. */
  verifyAccessToken(token: string): Promise<Result<VouchedPerson, TokenRefusal>>
}
