import { createHash } from 'node:crypto'
import { GanderError } from '#domain/failure'
import { openApi } from '../api-context.ts'
import { recordSignIn } from '../sign-in.ts'

const SESSION_HOURS = 12
const HOUR_MS = 3_600_000

/** What stands for a token without a nonce where it must be answered only once. */
const nameOf = (id_token: string): string => `token:${createHash('sha256').update(id_token).digest('hex')}`

/** How people sign in, and the exchange of what their provider gave them. */
export const signInRoutes = {
  offer: openApi.sign_in.offer.handler(({ context: { parts } }) => ({ oidc: parts.sign_in?.offer ?? null })),
  exchange: openApi.sign_in.exchange.handler(async ({ input: { body }, context: { parts } }) => {
    if (parts.sign_in === undefined)
      throw new GanderError('sign_in_refused', 'Nobody signs in here: an administrator gives tokens.', {
        remedy: 'Ask an administrator for a token; `gander login --server URL` keeps it.',
      })
    const vouched = await parts.sign_in.verifyIdToken(body.id_token, body.nonce)
    if (!vouched.ok) throw new GanderError('sign_in_refused', vouched.refusal.message)
    const expires_at = new Date(Date.now() + SESSION_HOURS * HOUR_MS).toISOString()
    const { tenant_id, issuer } = vouched.value
    if (!(await parts.identities.takeNonce({ tenant_id, issuer }, body.nonce ?? nameOf(body.id_token))))
      throw new GanderError('sign_in_refused', 'This sign-in was answered before.')
    const person = await recordSignIn(parts.identities, vouched.value, expires_at)
    const wish = { label: 'sign-in', scopes: null, expires_at }
    const { token } = await parts.identities.issue(tenant_id, person.id, wish, person.name)
    return { token, expires_at, principal: person.id }
  }),
}
