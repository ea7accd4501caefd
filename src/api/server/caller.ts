import type { Principal } from '#domain/identity'
import type { FastifyRequest } from 'fastify'
import type { ApiParts } from './api-context.ts'
import { principalOfAccess } from './sign-in.ts'

/** A signed token of the identity provider: three parts, of which ours has none. */
const SIGNED = /^ey[\w-]+\.[\w-]+\.[\w-]*$/

/**
 * Who asks: by a token of ours, or by an access token of the identity provider. Undefined where nobody is known by it.
 * @throws GanderError `sign_in_refused`, `not_let_in`
 */
export async function callerOf(parts: ApiParts, { headers }: FastifyRequest): Promise<Principal | undefined> {
  const token = /^Bearer ([\x21-\x7e]{1,20000})$/i.exec(headers.authorization ?? '')?.[1]
  if (token === undefined) return undefined
  if (!SIGNED.test(token)) return token.length > 500 ? undefined : parts.identities.authenticate(token)
  if (parts.sign_in === undefined) return undefined
  return principalOfAccess({ sign_in: parts.sign_in, people: parts.identities }, token)
}
