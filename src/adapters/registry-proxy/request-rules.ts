import type { IncomingHttpHeaders } from 'node:http'
import type { EgressRule } from '#ports'
import { ok, type Result, refuse } from '#domain/result'
import { parseAuthority } from './authority.ts'
import type { Destination } from './dial.ts'
import { isRegistryPath } from './path-grammar.ts'

/** What of a client's request the rules look at. */
export interface AskedRequest {
  readonly method: string
  /** Origin form: path and query as they came. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

/** A request as it leaves: nothing in it is the client's wording except a path that fits the grammar. */
export interface LeavingRequest {
  readonly method: 'GET' | 'HEAD'
  readonly target: string
  readonly headers: { readonly [name: string]: string }
}

/** Why a request stays here. */
export interface RuleRefusal {
  readonly rule: EgressRule
  readonly why: string
}

const stays = (rule: EgressRule, why: string): Result<never, RuleRefusal> => refuse({ rule, why })

/** The few answers that registries give in more than one form; every other wish is dropped. */
const acceptOf = (asked: string): string => {
  if (asked.includes('application/vnd.npm.install-v1+json'))
    return 'application/vnd.npm.install-v1+json, application/json'
  if (asked.includes('application/vnd.pypi.simple.v1+json'))
    return 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01'
  if (asked.includes('text/html')) return 'text/html, */*; q=0.1'
  return '*/*'
}

const credentialsFor = (to: Destination, path: string): string | undefined =>
  to.credentials.find(({ base }) => base === '' || path === base || path.startsWith(`${base}/`))?.authorization

const leavingHeaders = (asked: AskedRequest, to: Destination, path: string): LeavingRequest['headers'] => {
  const standard = to.scheme === 'https' ? 443 : 80
  const authorization = credentialsFor(to, path)
  return {
    host: to.port === standard ? to.host : `${to.host}:${to.port}`,
    'user-agent': 'gander-registry-proxy',
    accept: acceptOf(asked.headers.accept ?? ''),
    'accept-encoding': (asked.headers['accept-encoding'] ?? '').includes('gzip') ? 'gzip' : 'identity',
    ...(authorization === undefined ? {} : { authorization }),
  }
}

const hasBody = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/**
 * Judges one request to an allowed host. `granted` holds paths with a query that an allowed registry itself redirected
 * this run to; no other query leaves.
 */
export const judgeRequest = (
  asked: AskedRequest,
  to: Destination,
  granted: ReadonlySet<string>,
): Result<LeavingRequest, RuleRefusal> => {
  const { method, target, headers } = asked
  if (method !== 'GET' && method !== 'HEAD') return stays('egress.method', 'packages are read with GET and HEAD only')
  if (hasBody(headers)) return stays('egress.method', 'a request that reads a package has no body')
  const named = parseAuthority(headers.host ?? '', to.scheme === 'https' ? 443 : 80)
  if (named?.host !== to.host || named.port !== to.port)
    return stays('egress.host', 'the Host header names another host than the connection')
  const path = target.split('?', 1)[0] ?? ''
  if (!granted.has(`${to.host}:${to.port}${target}`)) {
    if (target.includes('?')) return stays('egress.path', 'no registry needs a query here')
    if (!isRegistryPath(path, to.bases)) return stays('egress.path', 'the path is none that a package registry knows')
  }
  return ok({ method, target, headers: leavingHeaders(asked, to, path) })
}

/** Where a registry sends the client on: an allowed place, or why not. The query comes along as granted. */
export const judgeRedirect = (
  location: string,
  from: Destination,
  path: string,
  find: (scheme: 'https' | 'http', host: string, port: number) => Destination | undefined,
): Result<{ readonly location: string; readonly grant: string }, RuleRefusal & { readonly host: string }> => {
  const origin = `${from.scheme}://${from.host}:${from.port}`
  const bad = (host: string, why: string) => refuse({ rule: 'egress.redirect', host: host.slice(0, 255), why } as const)
  if (!URL.canParse(location, `${origin}${path}`)) return bad(from.host, 'the registry redirects to no address')
  const url = new URL(location, `${origin}${path}`)
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return bad(url.hostname, 'the registry redirects to another protocol')
  if (url.username !== '' || url.password !== '') return bad(url.hostname, 'the registry redirects with a user name')
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const to = find(scheme, url.hostname, url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port))
  if (to === undefined || (from.scheme === 'https' && scheme === 'http'))
    return bad(url.hostname, 'the registry redirects to a host that this run may not reach')
  url.hash = ''
  return ok({ location: url.href, grant: `${to.host}:${to.port}${url.pathname}${url.search}` })
}
