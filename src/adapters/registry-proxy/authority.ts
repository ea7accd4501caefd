import { domainToASCII, domainToUnicode } from 'node:url'

/** A host and a port as a client may name them. */
export interface Authority {
  readonly host: string
  readonly port: number
}

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const OCTET = /^(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/
const PORT = /^[1-9]\d{0,4}$/

/** What another parser would read as an IPv4 address: a last label that is a number, in any of its notations. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/

const isPlainName = (labels: readonly string[]): boolean =>
  labels.every((label) => LABEL.test(label)) && !NUMBER.test(labels.at(-1) ?? '')

const isDotted = (labels: readonly string[]): boolean => labels.length === 4 && labels.every((part) => OCTET.test(part))

/**
 * The one spelling of a host: lower case, no trailing dot, letters, digits and hyphens, or four decimal octets.
 * Undefined for everything that two parsers could read differently: shortened and octal addresses, IPv6 literals,
 * user names, escapes, Unicode and punycode that does not survive the way to Unicode and back.
 */
export const parseHost = (text: string): string | undefined => {
  if (text.length === 0 || text.length > 254) return undefined
  const host = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, '')
  if (host.length > 253) return undefined
  const labels = host.split('.')
  if (isDotted(labels)) return host
  if (!isPlainName(labels)) return undefined
  return labels.some((label) => label.startsWith('xn--')) && domainToASCII(domainToUnicode(host)) !== host
    ? undefined
    : host
}

/** Reads `host:port`; the port may only be absent where a default is given. */
export const parseAuthority = (text: string, default_port?: number): Authority | undefined => {
  const colon = text.indexOf(':')
  if (colon < 0 && default_port === undefined) return undefined
  const host = parseHost(colon < 0 ? text : text.slice(0, colon))
  const digits = colon < 0 ? String(default_port) : text.slice(colon + 1)
  if (host === undefined || !PORT.test(digits) || Number(digits) > 65_535) return undefined
  return { host, port: Number(digits) }
}
