import { GanderError, isGanderError } from '#domain/failure'
import type { Principal, RoleGrant } from '#domain/identity'
import type { Identities, PrincipalRecord, SignIn, VouchedPerson } from '#ports'

type People = Pick<Identities, 'byOidc' | 'create' | 'principal' | 'setGrants' | 'noteEmail'>

/**
 * The person of a sign-in on record, with the grants that their groups open until the session ends. Somebody who was not
 * let in before is let in by their groups, or not at all. @throws GanderError `not_let_in`
 */
export async function recordSignIn(
  people: People,
  vouched: VouchedPerson,
  until: string,
): Promise<Pick<PrincipalRecord, 'id' | 'name'>> {
  const { id, name } = await letIn(people, vouched)
  const record = await people.principal(vouched.tenant_id, id)
  const kept = (record?.grants ?? []).filter(({ source }) => source !== 'sign_in')
  const opened: readonly RoleGrant[] = vouched.grants.map((grant) => ({ ...grant, until, source: 'sign_in' }))
  const changes = opened.length > 0 || kept.length !== (record?.grants.length ?? 0)
  if (changes) await people.setGrants(vouched.tenant_id, id, [...kept, ...opened], { by: name })
  if ((record?.email ?? null) !== vouched.email)
    await people.noteEmail(vouched.tenant_id, id, vouched.email, { by: name })
  return { id, name }
}

/** Whoever an access token of the provider speaks for; what their groups open holds for this request. */
export async function principalOfAccess(
  parts: { readonly sign_in: SignIn; readonly people: People },
  token: string,
): Promise<Principal> {
  const vouched = await parts.sign_in.verifyAccessToken(token)
  if (!vouched.ok) throw new GanderError('sign_in_refused', vouched.refusal.message)
  const person = await letIn(parts.people, vouched.value)
  return { ...person, grants: [...person.grants, ...vouched.value.grants] }
}

async function letIn(people: People, vouched: VouchedPerson): Promise<Principal> {
  const known = await people.byOidc(vouched)
  if (known !== undefined && known !== 'disabled') return known
  if (known === 'disabled' || vouched.grants.length === 0)
    throw new GanderError('not_let_in', `${vouched.name} is known to the identity provider, and was not let in here.`)
  await firstTime(people, vouched)
  const made = await people.byOidc(vouched)
  if (made === undefined || made === 'disabled')
    throw new GanderError('not_let_in', `${vouched.name} could not be let in.`)
  return made
}

/** Two first requests may race, and two people may have one name: the subject tells them apart. */
async function firstTime(people: People, { tenant_id, issuer, subject, name }: VouchedPerson): Promise<void> {
  const person = { tenant_id, kind: 'person', oidc: { issuer, subject }, grants: [] } as const
  for (const called of [name, `${name} (${subject})`])
    try {
      await people.create({ ...person, name: called }, name)
      return
    } catch (error) {
      if (!isGanderError(error, 'principal_exists')) throw error
    }
}
