import { join } from 'node:path'
import { createSignIn } from '#adapters/oidc'
import { readSignInRules } from '#control-plane/identity'
import { GanderError } from '#domain/failure'
import type { SignIn } from '#ports'
import { textOf } from './text-of.ts'

/**
 * The identity provider that flags or GANDER_HOME/sign-in.yaml name; undefined where neither does.
 * @throws GanderError `sign_in_rules_invalid`
 */
export async function openSignIn(
  home: string,
  said: { readonly issuer?: string; readonly client_id?: string },
): Promise<SignIn | undefined> {
  const source = await textOf(join(home, 'sign-in.yaml')).catch((error: unknown) => {
    throw new GanderError('sign_in_rules_invalid', 'sign-in.yaml cannot be read.', { cause: error })
  })
  if (source === undefined && said.issuer === undefined && said.client_id === undefined) return undefined
  const read = readSignInRules(source, said)
  if (!read.ok) throw new GanderError('sign_in_rules_invalid', read.refusal)
  return createSignIn({ rules: read.value, fetch: globalThis.fetch })
}
