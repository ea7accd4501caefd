import type { HostEnvironment } from './machine-files.ts'

/** `${NAME}` as npm fills it in; a name that is not set leaves no credential at all. */
const filledIn = (value: string, environment: HostEnvironment): string | undefined => {
  const names = Array.from(value.matchAll(/\$\{(\w+)\}/g), ([, name = '']) => name)
  if (names.some((name) => environment[name] === undefined)) return undefined
  return value.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => environment[name] ?? '')
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/**
 * The Authorization value that npm's configuration keeps for a registry: `//host/path/:_authToken`, `:_auth`, or
 * `:username` with `:_password`. The longest address that the registry's begins with counts.
 */
export const npmCredential = (
  texts: readonly (string | undefined)[],
  url: URL,
  environment: HostEnvironment,
): string | undefined => {
  const address = `//${url.host}${url.pathname.replace(/\/*$/, '/')}`
  const lines = texts.flatMap((text) => [
    ...(text ?? '').matchAll(/^\s*(\/\/[^\s=]+?\/?):(_authToken|_auth|username|_password)\s*=\s*"?([^\s"]+)"?/gm),
  ])
  const kept = lines
    .map(([, place = '', key = '', value = '']) => ({ place: place.replace(/\/*$/, '/'), key, value }))
    .filter(({ place }) => address.startsWith(place))
    .sort((left, right) => right.place.length - left.place.length)
  const place = kept[0]?.place
  const field = (key: string): string | undefined => {
    const value = kept.find((each) => each.place === place && each.key === key)?.value
    return value === undefined ? undefined : filledIn(value, environment)
  }
  const [token, auth, user, password] = [field('_authToken'), field('_auth'), field('username'), field('_password')]
  if (token !== undefined) return `Bearer ${token}`
  if (auth !== undefined) return `Basic ${auth}`
  return user === undefined || password === undefined
    ? undefined
    : basic(user, Buffer.from(password, 'base64').toString())
}

/** What Maven's settings keep for a server of this id; encrypted passwords are Maven's own to read. */
export const mavenCredential = (settings: string, id: string): string | undefined => {
  const bodies = Array.from(settings.matchAll(/<server>([\s\S]*?)<\/server>/g), ([, body = '']) => body)
  const field = (body: string, name: string): string | undefined =>
    new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]?.trim()
  const body = bodies.find((each) => field(each, 'id') === id) ?? ''
  const [user, password] = [field(body, 'username'), field(body, 'password')]
  return user === undefined || password === undefined || /^\{.*\}$/.test(password) ? undefined : basic(user, password)
}

/** The token that Cargo's `credentials.toml` keeps for a registry of this name; Cargo sends it as it is. */
export const cargoCredential = (text: string, name: string): string | undefined => {
  const section = new RegExp(`^\\s*\\[registries\\.["']?${name}["']?\\]\\s*\\n((?:(?!\\s*\\[)[^\\n]*\\n?)*)`, 'm')
  return /^\s*token\s*=\s*["']([^"'\s]+)["']/m.exec(section.exec(text)?.[1] ?? '')?.[1]
}
