import { UnsecuredJWT, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSignIn, signInByBrowser } from '#adapters/oidc'
import { LOCAL_TENANT } from '#domain/ids'
import { startIdentityProvider, type IdentityProvider } from './identity-provider.ts'
import { openApiWorld, type ApiWorld } from './world.ts'

let provider: IdentityProvider
let world: ApiWorld
beforeAll(async () => {
  provider = await startIdentityProvider()
  const rules = {
    issuer: provider.issuer,
    client_id: 'gander',
    audience: null,
    scope: 'openid profile',
    groups_claim: 'groups',
    tenant_id: LOCAL_TENANT,
    groups: [{ group: 'platform', role: 'operator', repository: null }],
  } as const
  world = await openApiWorld({}, { sign_in: createSignIn({ rules, fetch: globalThis.fetch }) })
})
afterAll(async () => {
  await world.close()
  await provider.close()
})

async function signedIn(login: string): Promise<{ id_token: string; nonce: string }> {
  const { body } = await world.ask('/v1/sign-in')
  const { oidc } = body as unknown as { oidc: { issuer: string; client_id: string; scope: string } }
  return signInByBrowser({ ...oidc, show: (address) => provider.browse(address, login) })
}
const exchange = (body: unknown) => world.ask('/v1/sign-in', { method: 'POST', body: JSON.stringify(body), token: '' })
const seconds = () => Math.floor(Date.now() / 1000)
const claims = (nonce: string, changes: object = {}) => ({
  iss: provider.issuer,
  aud: 'gander',
  sub: 'alice',
  iat: seconds(),
  exp: seconds() + 300,
  nonce,
  groups: ['platform'],
  ...changes,
})
const NONCE = 'a-nonce-of-some-length'

describe('a person', () => {
  test('signs in at the provider, and their groups open here what the rules say, until the session ends', async () => {
    const { id_token, nonce } = await signedIn('alice')
    const answer = await exchange({ id_token, nonce })
    expect(answer.status).toBe(201)
    const { token, expires_at } = answer.body as unknown as { token: string; expires_at: string }
    const me = await world.ask('/v1/me', { token })
    expect(me.body).toMatchObject({ name: 'Name of alice', grants: [{ role: 'operator', until: expires_at }] })
    expect((await world.ask('/v1/runs', { token })).status).toBe(200)
    expect((await world.ask('/v1/principals', { token })).status).toBe(403)
    expect((await exchange({ id_token, nonce })).body).toMatchObject({ code: 'sign_in_refused' })
  })

  test('is known by the address that the provider verified, and by none that it did not', async () => {
    const record = async (nonce: string, more: object) => {
      const id_token = await provider.forge(claims(nonce, { sub: 'dora', ...more }))
      const { principal } = (await exchange({ id_token, nonce })).body as unknown as { principal: string }
      return (await world.identities.principal(LOCAL_TENANT, principal))?.email
    }
    const email = 'dora@example.org'
    expect(await record('an-address-of-her-word', { email })).toBeUndefined()
    expect(await record('an-address-unverified', { email, email_verified: false })).toBeUndefined()
    expect(await record('an-address-verified', { email, email_verified: true })).toBe(email)
    expect(await record('no-address-any-more', {})).toBeUndefined()
  })

  test('whom neither a rule nor an administrator let in is known and stays outside', async () => {
    const outside = await signedIn('mallory')
    expect(await exchange(outside)).toMatchObject({ status: 403, body: { code: 'not_let_in' } })
    const body = {
      kind: 'person',
      name: 'Mallory',
      oidc: { issuer: provider.issuer, subject: 'mallory' },
      grants: [{ role: 'viewer' }],
    }
    const made = await world.ask('/v1/principals', { method: 'POST', body: JSON.stringify(body) })
    const inside = await exchange(await signedIn('mallory'))
    expect(inside.status).toBe(201)
    await world.ask(`/v1/principals/${String(made.body['id'])}/disable`, { method: 'POST', body: '{}' })
    expect((await world.ask('/v1/me', { token: String(inside.body['token']) })).status).toBe(401)
    expect((await exchange(await signedIn('mallory'))).status).toBe(403)
  })
})

describe('an ID token', () => {
  test.each([
    ['of another issuer', () => provider.forge(claims(NONCE, { iss: 'https://evil.example.org' }))],
    ['for another client', () => provider.forge(claims(NONCE, { aud: 'other' }))],
    ['passed on by another client', () => provider.forge(claims(NONCE, { aud: ['gander', 'x'], azp: 'x' }))],
    ['that has expired', () => provider.forge(claims(NONCE, { exp: seconds() - 60 }))],
    ['that never expires', () => provider.forge(claims(NONCE, { exp: undefined }))],
    ['from the future', () => provider.forge(claims(NONCE, { nbf: seconds() + 300 }))],
    ['without a subject', () => provider.forge(claims(NONCE, { sub: undefined }))],
    ['of another sign-in', () => provider.forge(claims('another-nonce-of-length'))],
    ['that nobody signed', () => Promise.resolve(new UnsecuredJWT(claims(NONCE)).encode())],
    [
      'signed with a secret that everybody knows',
      () => new SignJWT(claims(NONCE)).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(new Uint8Array(32)),
    ],
    ['that is none', () => Promise.resolve('eyJhbGciOiJSUzI1NiJ9.e30.x')],
  ])('%s opens nothing', async (_what, make) => {
    expect(await exchange({ id_token: await make(), nonce: NONCE })).toMatchObject({
      status: 401,
      type: expect.stringContaining('problem+json'),
      body: { code: 'sign_in_refused' },
    })
  })

  test('that holds opens the door once, however many send it at once', async () => {
    const id_token = await provider.forge(claims('once-and-never-again'))
    const all = await Promise.all(
      Array.from({ length: 6 }, () => exchange({ id_token, nonce: 'once-and-never-again' })),
    )
    expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 401, 401, 401, 401, 401])
  })
})

describe('an access token', () => {
  test('of a service speaks for the service that was let in under its subject, and for nobody else', async () => {
    const token = await provider.serviceToken()
    expect(await world.ask('/v1/runs', { token })).toMatchObject({ status: 403, body: { code: 'not_let_in' } })
    const body = {
      kind: 'service',
      name: 'build server',
      oidc: { issuer: provider.issuer, subject: 'ci' },
      grants: [{ role: 'viewer' }],
    }
    await world.ask('/v1/principals', { method: 'POST', body: JSON.stringify(body) })
    expect((await world.ask('/v1/me', { token })).body).toMatchObject({ name: 'build server', kind: 'service' })
  })

  test.each([
    ['an ID token', () => provider.forge(claims(NONCE), { typ: 'at+jwt' })],
    ['a token of another type', () => provider.forge({ ...claims(NONCE), nonce: undefined }, { typ: 'JWT' })],
    ['one for another', () => provider.forge({ ...claims(NONCE, { aud: 'x' }), nonce: undefined }, { typ: 'at+jwt' })],
  ])('is not %s', async (_what, make) => {
    const token = await make()
    expect(await world.ask('/v1/runs', { token })).toMatchObject({ status: 401, body: { code: 'sign_in_refused' } })
  })
})

test('a provider that does not answer is told as that, and not as a wrong token', async () => {
  const rules = {
    issuer: 'http://127.0.0.1:9',
    client_id: 'gander',
    audience: null,
    scope: 'openid',
    groups_claim: 'groups',
    tenant_id: LOCAL_TENANT,
    groups: [],
  }
  const away = createSignIn({ rules, fetch: globalThis.fetch })
  await expect(away.verifyIdToken('a.b.c', NONCE)).rejects.toMatchObject({
    code: 'sign_in_unavailable',
    retryable: true,
  })
})
