import { createServer, type Server } from 'node:http'
import { GanderError } from '#domain/failure'
import * as oidc from 'openid-client'
import { discovered, refused, wordsOf, type Provider } from './provider.ts'

/** Where a person signs in, and how they are sent there. */
export interface BrowserSignIn extends Provider {
  /** Shows the address; opens it where it can. */
  readonly show: (address: string) => Promise<void>
  readonly signal?: AbortSignal
}

const PATIENCE_MS = 5 * 60_000
const PAGE = `<!doctype html><meta charset="utf-8"><title>Gander</title><p>Signed in. You can close this window.`

/**
 * Signs a person in by the authorization code flow with PKCE, answered on a port of the loopback address.
 * @throws GanderError `sign_in_refused`, `sign_in_unavailable`
 */
export async function signInByBrowser(
  wish: BrowserSignIn,
): Promise<{ readonly id_token: string; readonly nonce: string }> {
  const provider = await discovered(wish)
  const { server, port } = await listen()
  try {
    const redirect_uri = `http://127.0.0.1:${port}/callback`
    const verifier = oidc.randomPKCECodeVerifier()
    const state = oidc.randomState()
    const nonce = oidc.randomNonce()
    const asked = oidc.buildAuthorizationUrl(provider, {
      redirect_uri,
      scope: wish.scope,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const answered = answerAt(server, redirect_uri, wish.signal)
    await wish.show(asked.href)
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
    const { id_token } = await oidc.authorizationCodeGrant(provider, await answered, checks)
    if (id_token === undefined) throw refused('it gave no ID token')
    return { id_token, nonce }
  } catch (error) {
    throw error instanceof GanderError ? error : refused(wordsOf(error), error)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw refused('no port could be opened')
  return { server, port: address.port }
}

/** The first request to the callback; whatever else knocks is sent away. */
function answerAt(server: Server, redirect_uri: string, signal?: AbortSignal): Promise<URL> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(refused('nobody answered in five minutes')), PATIENCE_MS)
    signal?.addEventListener('abort', () => reject(refused('it was given up')), { once: true })
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', redirect_uri)
      if (request.method !== 'GET' || url.pathname !== '/callback') {
        response.writeHead(404).end()
        return
      }
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(PAGE)
      clearTimeout(late)
      resolve(url)
    })
  })
}
