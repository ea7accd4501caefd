import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import { Provider } from 'oidc-provider'

/** A real OpenID Connect provider with two people, and the means to sign what it never would. */
export interface IdentityProvider {
  readonly issuer: string
  /** Signs with the provider's own key. */
  forge(claims: JWTPayload, header?: { readonly typ?: string }): Promise<string>
  /** An access token of the service `ci`, by client credentials. */
  serviceToken(): Promise<string>
  /** Goes where a browser would: signs in, agrees, and follows the way back. */
  browse(address: string, login: string): Promise<void>
  close(): Promise<void>
}

const GROUPS: Readonly<Record<string, readonly string[]>> = { alice: ['platform'], mallory: [] }

/** Starts the provider on the loopback address. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(privateKey)), kid: 'k1', alg: 'RS256', use: 'sig' }
  const provider = new Provider(issuer, {
    jwks: { keys: [jwk] },
    cookies: { keys: ['test'] },
    clients: [
      {
        client_id: 'gander',
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
      },
      {
        client_id: 'ci',
        client_secret: 'a secret of this test only',
        grant_types: ['client_credentials'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    ttl: { Interaction: 300, Session: 300, Grant: 300, AccessToken: 300, IdToken: 300, ClientCredentials: 300 },
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'groups'], profile: ['name'], email: ['email'] },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, name: `Name of ${sub}`, groups: [...(GROUPS[sub] ?? [])] }),
    }),
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: '',
          audience: 'gander',
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  })
  server.on('request', provider.callback() as Parameters<typeof server.on>[1])
  return {
    issuer,
    forge: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header }).sign(privateKey),
    serviceToken: async () => {
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`ci:${encodeURIComponent('a secret of this test only')}`)}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: 'https://gander.example.org' }),
      })
      return ((await response.json()) as { access_token: string }).access_token
    },
    browse,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function browse(address: string, login: string): Promise<void> {
  const jar = new Map<string, string>()
  let next: { url: string; form?: URLSearchParams } | undefined = { url: address }
  for (let hops = 0; next !== undefined && hops < 20; hops++) {
    const { url, form }: { url: string; form?: URLSearchParams } = next
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const asked = form === undefined ? {} : { method: 'POST', body: form }
    const response = await fetch(url, { ...asked, redirect: 'manual', headers: { cookie } })
    for (const set of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (set.split(';', 1)[0] ?? '').split('=', 2)
      jar.set(name, value)
    }
    next = follow(response.headers.get('location'), url, await response.text(), login)
  }
}

function follow(location: string | null, url: string, page: string, login: string) {
  if (location !== null) return { url: new URL(location, url).href }
  const action = /action="([^"]+)"/.exec(page)?.[1]
  const hidden = [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)]
  if (hidden.length === 0 || action === undefined) return undefined
  const form = new URLSearchParams(hidden.map(([, name = '', value = '']) => [name, value]))
  if (form.has('prompt')) for (const [name, value] of Object.entries({ login, password: 'x' })) form.set(name, value)
  return { url: new URL(action, url).href, form }
}
