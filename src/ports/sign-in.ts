import type { GroupRule, RoleGrant } from '#domain/identity'
import type { TenantId } from '#domain/ids'
import type { Result } from '#domain/result'

/** The provider that is trusted, and what it opens. */
export interface SignInRules {
  readonly issuer: string
  /** This installation at the provider; ID tokens are for it. */
  readonly client_id: string
  /** What access tokens are for; null: for the client id, and then only as RFC 9068 types them. */
  readonly audience: string | null
  readonly scope: string
  /** The claim that lists somebody's groups; absent from a token, it opens nothing. */
  readonly groups_claim: string
  /** Whose people these are. */
  readonly tenant_id: TenantId
  /** Empty: only those whom an administrator let in. */
  readonly groups: readonly GroupRule[]
}

/** Somebody whom an identity provider vouches for, and what their groups open here. */
export interface VouchedPerson {
  readonly tenant_id: TenantId
  readonly issuer: string
  readonly subject: string
  /** For the record: the provider's name, e-mail address or subject. */
  readonly name: string
  /** The address, where the provider says that it was verified; null otherwise. */
  readonly email: string | null
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
  /** Checks an ID token: signature, issuer, audience, algorithm, times and the nonce it was asked for with; null: it has none. */
  verifyIdToken(token: string, nonce: string | null): Promise<Result<VouchedPerson, TokenRefusal>>
  /** Checks an access token the same; one that belongs to a sign-in is refused. */
  verifyAccessToken(token: string): Promise<Result<VouchedPerson, TokenRefusal>>
}
