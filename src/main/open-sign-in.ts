import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSignIn } from '#adapters/oidc'
import { readSignInRules } from '#control-plane/identity'
import { GanderError } from '#domain/failure'
import type { SignIn } from '#ports'

/**
 * The identity provider that flags or GANDER_HOME/sign-in.yaml name; undefined where neither does.
 * @throws GanderError `sign_in_rules_invalid`
 */
export async function openSignIn(
  home: string,
  said: { readonly issuer?: string; readonly client_id?: string },
): Promise<SignIn | undefined> {
  const source = await readFile(join(home, 'sign-in.yaml'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new GanderError('sign_in_rules_invalid', 'sign-in.yaml cannot be read.', { cause: error })
  })
  if (source === undefined && said.issuer === undefined && said.client_id === undefined) return undefined
  const read = readSignInRules(source, said)
  if (!read.ok) throw new GanderError('sign_in_rules_invalid', read.refusal)
  return createSignIn({ rules: read.value, fetch: globalThis.fetch })
}
