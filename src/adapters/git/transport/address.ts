import { isAbsolute, resolve as resolvePath } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { GanderError } from '#domain/failure'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Where a repository is. `url` is what git is given; `shown` is what is recorded: neither holds a credential. */
export type Address =
  | { readonly kind: 'local'; readonly path: string; readonly url: string; readonly shown: string }
  | {
      readonly kind: 'remote'
      readonly protocol: 'https' | 'http' | 'ssh'
      readonly url: string
      readonly shown: string
      readonly credentials: Credentials | null
    }

const SCP = /^(?:(?<user>[\w.-]+)@)?(?<host>[\w.-]+|\[[\da-f:]+\]):(?<path>[^/\\].*|\/.*)$/i
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Reads a repository as people write it: a path, or an https, ssh, scp-like or file address (http on loopback only).
 * @throws GanderError `repository_unreadable` for any other form
 */
export function parseAddress(repository: string): Address {
  const text = repository.trim()
  if (text === '') throw new GanderError('repository_not_found', 'No repository was given.')
  if (hasControls(text)) throw refused(JSON.stringify(text), 'it has control characters')
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme !== undefined) return fromUrl(text, scheme)
  if (/^[a-z0-9]+::/i.test(text)) throw refused(text, 'remote helpers are not used')
  const scp = isAbsolute(text) || text.startsWith('.') || text.startsWith('~') ? null : SCP.exec(text)
  if (scp?.groups !== undefined && !text.slice(0, text.indexOf(':')).includes('/')) return fromScp(text, scp.groups)
  return localAddress(resolvePath(text), resolvePath(text))
}

/** The address of a local folder. */
export function localAddress(path: string, shown: string): Address {
  return { kind: 'local', path, url: pathToFileURL(path).href, shown }
}

function fromUrl(text: string, scheme: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw refused(text, 'it is not a valid address')
  if (scheme === 'file') return fromFileUrl(url, text)
  if (scheme !== 'https' && scheme !== 'http' && scheme !== 'ssh')
    throw refused(withoutCredentials(url), `${scheme} is not one of https, ssh and file`)
  if (scheme === 'http' && !LOOPBACK.has(url.hostname))
    throw refused(withoutCredentials(url), 'http is not encrypted; use https')
  checkHost(url.hostname, withoutCredentials(url))
  const credentials = readCredentials(url)
  const user = scheme === 'ssh' ? decodeURIComponent(url.username) : ''
  if (user.startsWith('-')) throw refused(withoutCredentials(url), 'the user name looks like an option')
  const shown = withoutCredentials(url)
  return { kind: 'remote', protocol: scheme, url: shown, shown, credentials }
}

function fromFileUrl(url: URL, text: string): Address {
  if (url.hostname !== '' && url.hostname !== 'localhost') throw refused(text, 'file addresses name no other host')
  try {
    url.hostname = ''
    return localAddress(fileURLToPath(url), text)
  } catch (error) {
    throw refused(text, error instanceof Error ? error.message : 'it is not a valid file address')
  }
}

function fromScp(text: string, parts: { readonly [name: string]: string | undefined }): Address {
  checkHost(parts['host'] ?? '', text)
  if (parts['user']?.startsWith('-') === true) throw refused(text, 'the user name looks like an option')
  return { kind: 'remote', protocol: 'ssh', url: text, shown: text, credentials: null }
}

function checkHost(host: string, shown: string): void {
  if (host === '' || host.startsWith('-')) throw refused(shown, 'it names no valid host')
}

function readCredentials(url: URL): Credentials | null {
  if (url.protocol === 'ssh:' || (url.username === '' && url.password === '')) return null
  return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
}

/** An ssh user name is part of the address; everything else before the @ is a secret, and so is a query. */
function withoutCredentials(url: URL): string {
  const clean = new URL(url.href)
  clean.password = ''
  if (clean.protocol !== 'ssh:') clean.username = ''
  clean.search = ''
  clean.hash = ''
  return clean.href
}

function refused(shown: string, why: string): GanderError {
  return new GanderError('repository_unreadable', `${shown} cannot be used as a repository: ${why}.`, {
    remedy: 'Give a local path, or an https://, ssh:// or file:// address.',
  })
}

const hasControls = (text: string): boolean => /\p{Cc}/u.test(text)
