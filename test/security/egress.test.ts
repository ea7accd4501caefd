import { isIP } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { parseAuthority } from '../../src/adapters/registry-proxy/authority.ts'
import { isRegistryPath } from '../../src/adapters/registry-proxy/path-grammar.ts'
import { get, HOST, sayTo, tunnelTo } from '../support/registry-fixtures.ts'
import { registryGrounds } from '../support/registry-grounds.ts'

const { ground, remove } = registryGrounds()
afterEach(remove)

describe('NET-06: an allowed name that leads to a forbidden address', () => {
  it.each([
    '127.0.0.1',
    '169.254.169.254',
    '::ffff:10.0.0.1',
    '64:ff9b::169.254.169.254',
    '10.0.0.1',
    'fd00:ec2::254',
    '0.0.0.0',
  ])('%s is not dialled', async (address) => {
    const { open, dialled } = await ground({ addresses: { [HOST]: [address] } })
    const door = await open()
    expect(await get(door, '/ms')).toMatchObject({ status: 403, rule: 'egress.address' })
    expect(dialled).toEqual([])
    expect(door.report().refused).toMatchObject([{ host: HOST, rule: 'egress.address', count: 1 }])
  })

  it('a name that moves after the check is dialled where it was checked, and refused when it is asked again', async () => {
    const { open, dialled } = await ground({
      addresses: { [HOST]: ['104.16.0.1', '127.0.0.1'] },
      listener: (_asked, answer) => answer.writeHead(200, { connection: 'close' }).end('package'),
    })
    const door = await open()
    expect(await get(door, '/ms')).toMatchObject({ status: 200 })
    expect(await get(door, '/ms')).toMatchObject({ status: 403, rule: 'egress.address' })
    expect(dialled).toEqual(['104.16.0.1'])
  })

  it('a public address is dialled', async () => {
    const { open } = await ground()
    expect(await get(await open(), '/ms')).toMatchObject({ status: 200 })
  })
})

describe('NET-07: redirects', () => {
  const redirecting = (location: string) =>
    ground({ listener: (_asked, answer) => answer.writeHead(302, { location }).end() })

  it.each(
    [
      'https://evil.example.com/x',
      'http://169.254.169.254/latest/meta-data/',
      'https://127.0.0.1/ms',
      `https://user:pass@${HOST}/ms`,
      `http://${HOST}/ms`,
      `https://${HOST}:8443/ms`,
      'ftp://evil.example.com/ms',
      '//evil.example.com/ms',
      '',
    ].slice(0, -1),
  )('to %s ends here', async (location) => {
    const { open } = await redirecting(location)
    const door = await open()
    const got = await get(door, '/ms')
    expect(got).toMatchObject({ status: 403, rule: 'egress.redirect', location: undefined })
    expect(door.report().refused).toMatchObject([{ rule: 'egress.redirect', count: 1 }])
  })

  it('to an allowed host is handed to the client, who comes again without credentials and with that query alone', async () => {
    const { open, seen } = await redirecting(`https://files.example.org/x/file?signature=1`)
    const door = await open({ hosts: [HOST, 'files.example.org'] })
    const headers = ['Authorization: Bearer stolen']
    expect(await get(door, '/ms', { headers })).toMatchObject({
      status: 302,
      location: 'https://files.example.org/x/file?signature=1',
    })
    await get(door, '/x/file?signature=1', { headers, host: 'files.example.org' })
    expect(await get(door, '/x/file?signature=2', { host: 'files.example.org' })).toMatchObject({ rule: 'egress.path' })
    expect(seen.map(({ line }) => line)).toEqual(['GET /ms', 'GET /x/file?signature=1'])
    expect(JSON.stringify(seen)).not.toContain('stolen')
  })
})

describe('NET-09: sending something out through a registry', () => {
  it.each(['PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'])('%s does not leave', async (method) => {
    const { open, seen } = await ground()
    const door = await open()
    const body = 'secret'
    expect(await get(door, '/ms', { method, body, headers: ['Content-Length: 6'] })).toMatchObject({
      rule: 'egress.method',
    })
    expect(seen).toEqual([])
  })

  it('a GET with a body does not leave', async () => {
    const { open, seen } = await ground()
    const door = await open()
    expect(await get(door, '/ms', { body: 'secret', headers: ['Content-Length: 6'] })).toMatchObject({
      rule: 'egress.method',
    })
    expect(await get(door, '/ms', { body: '0\r\n\r\n', headers: ['Transfer-Encoding: chunked'] })).toMatchObject({
      rule: 'egress.method',
    })
    expect(seen).toEqual([])
  })

  it('nothing that the client words in headers leaves, and no cookie comes in', async () => {
    const { open, seen } = await ground({
      listener: (_asked, answer) => answer.writeHead(200, { 'set-cookie': 'a=b', etag: '"1"' }).end('package'),
    })
    const marks = [
      'Authorization',
      'Cookie',
      'User-Agent',
      'X-Forwarded-For',
      'If-None-Match',
      'Referer',
      'Accept',
      'Range',
      'Npm-Session',
    ]
    const got = await get(await open(), '/ms', { headers: marks.map((name) => `${name}: s3cret`) })
    expect(got.status).toBe(200)
    expect(got.text).not.toMatch(/set-cookie/i)
    expect(JSON.stringify(seen)).not.toContain('s3cret')
    expect(Object.keys(seen[0]?.headers ?? {}).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ])
  })

  it.each([
    `/${Buffer.from('a secret that is longer than a name, 0123456789').toString('base64url')}`,
    '/ms?token=secret',
    '/-/npm/v1/tokens',
    '/-/user/org.couchdb.user:me',
    '/ms/../../etc/passwd',
    '/ms%2f..%2fx',
    '/%61%62',
    '//evil.example.com/x',
    'https://evil.example.com/ms',
    '/ms#x',
    `/${'a'.repeat(101)}`,
    '/a/b/-/c-1.0.0.tgz',
    '/ab/cd/serde',
  ])('%s is no path of a registry', async (target) => {
    const { open, seen } = await ground()
    const got = await get(await open(), target)
    expect([400, 403]).toContain(got.status)
    expect(seen).toEqual([])
  })

  it.each([
    '/ms',
    '/@types%2fnode',
    '/@types/node/-/node-22.0.0.tgz',
    '/repository/npm/ms/-/ms-2.1.3.tgz',
    '/simple/iniconfig/',
    '/packages/d1/76/2b30bf4a5ea0f6ff0a2c7a4a3f2c3f3c8c3a5b7c0e3a3f3c8c3a5b7c0e3a/iniconfig-2.0.0-py3-none-any.whl',
    '/maven2/org/apache/maven/plugins/maven-clean-plugin/3.2.0/maven-clean-plugin-3.2.0.pom.sha1',
    '/maven2/junit/junit/maven-metadata.xml',
    '/rsc.io/quote/@v/v1.5.2.zip',
    '/github.com/!burnt!sushi/toml/@v/list',
    '/golang.org/x/text/@latest',
    '/sumdb/sum.example.org/lookup/rsc.io/quote@v1.5.2',
    '/tile/8/0/x001/234.p/56',
    '/config.json',
    '/it/oa/itoa',
    '/3/c/cfg',
    '/crates/itoa/itoa-1.0.0.crate',
    '/crates/itoa/1.0.0/download',
  ])('%s is one', (target) => {
    expect(isRegistryPath(target, [])).toBe(true)
  })

  it('made-up names end at the budget of misses, many at once included', async () => {
    const { open, seen } = await ground({ listener: (_asked, answer) => answer.writeHead(404).end() })
    const door = await open({ budget: { misses: 10 } })
    const names = Array.from({ length: 40 }, (_, index) => `/made-up-${index}`)
    const got = await Promise.all(names.map((name) => get(door, name)))
    expect(got.filter(({ status }) => status === 404)).toHaveLength(10)
    expect(got.filter(({ rule }) => rule === 'egress.budget')).toHaveLength(30)
    expect(seen).toHaveLength(10)
    expect(door.report()).toMatchObject({ misses: 10 })
  })

  it('requests and bytes end at their budgets; before them everything passes', async () => {
    const { open } = await ground({ listener: (_asked, answer) => answer.end('x'.repeat(1000)) })
    const few = await open({ budget: { requests: 2 } })
    expect([await get(few, '/ms'), await get(few, '/ms'), await get(few, '/ms')].map(({ status }) => status)).toEqual([
      200, 200, 403,
    ])
    const small = await open({ budget: { bytes: 1500 } })
    expect((await get(small, '/ms')).text).toContain('x'.repeat(1000))
    expect((await get(small, '/ms')).text).not.toContain('x'.repeat(1000))
    expect((await get(small, '/ms')).rule).toBe('egress.budget')
  })
})

describe('NET-15: a repository that names the upstream', () => {
  it.each([
    'evil.example.com:443',
    `${HOST}:22`,
    `${HOST}@evil.example.com:443`,
    `evil.example.com#${HOST}:443`,
    '0x7f.1:443',
    '2130706433:443',
    '[::1]:443',
    '169.254.169.254:443',
    `${HOST}..:443`,
  ])('%s is refused and recorded', async (authority) => {
    const { open, dialled } = await ground()
    const door = await open()
    expect(await sayTo(door, `CONNECT ${authority} HTTP/1.1\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4|^$/)
    expect(dialled).toEqual([])
  })

  it('the allowed host passes in any case and with its trailing dot', async () => {
    const { open } = await ground()
    const door = await open()
    expect(await sayTo(door, 'CONNECT Registry.Example.ORG.:443 HTTP/1.1\r\n\r\n')).toContain(' 200 ')
  })

  it('another name in TLS, or another Host inside it, does not get through', async () => {
    const { open, seen } = await ground()
    const door = await open({ hosts: [HOST, 'other.example.org'] })
    expect(await tunnelTo(door, HOST, 'other.example.org')).toBeUndefined()
    expect(await get(door, '/ms', { headers: ['Host: other.example.org'] })).toMatchObject({ rule: 'egress.host' })
    expect(seen).toEqual([])
  })

  it('the environment names the registries of the machine alone, without its password, which goes to that registry', async () => {
    const { open, seen } = await ground({ environment: { npm_config_registry: `https://me:t0ken@${HOST}/npm/` } })
    const door = await open()
    expect(door.environment['npm_config_registry']).toBe(`https://${HOST}/npm/`)
    expect(JSON.stringify(door.environment)).not.toContain('t0ken')
    await get(door, '/npm/ms')
    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:t0ken').toString('base64')}`)
    await get(door, '/elsewhere')
    expect(seen[1]?.headers.authorization).toBeUndefined()
  })
})

describe('the host parser', () => {
  /** A seeded generator (mulberry32), so that a failure can be repeated. */
  const random = (seed: number) => (): number => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const PIECES = [
    'a',
    'Z',
    'example',
    'org',
    'xn--',
    'xn--nxasmq6b',
    '-',
    '.',
    '..',
    ':',
    '443',
    '0',
    '1',
    '127',
    '255',
    '256',
    '0x7f',
    '017',
    '@',
    '/',
    '\\',
    '?',
    '#',
    '%',
    '%2e',
    '[',
    ']',
    '::1',
    '::ffff:',
    ' ',
    '\t',
    '\u0000',
    '\u00ad',
    '\uff0e',
    '\u3002',
    'ß',
    'ｅ',
    '_',
    '*',
    '65535',
    '65536',
    ':0443',
    'localhost',
    '~',
    '+',
  ] // prettier-ignore
  const CASES = Number(process.env['GANDER_HOST_CASES'] ?? 50_000)

  it(`never reads another host or port than WHATWG URL and node do (${CASES} cases)`, () => {
    const next = random(20_261_121)
    const wrong: string[] = []
    let taken = 0
    for (let round = 0; round < CASES; round++) {
      let text = ''
      const length = 1 + Math.floor(next() * 6)
      for (let at = 0; at < length; at++) text += PIECES[Math.floor(next() * PIECES.length)] ?? ''
      if (next() < 0.7) text += ':443'
      const ours = parseAuthority(text)
      if (ours === undefined) continue
      taken += 1
      const url = URL.canParse(`https://${text}/`) ? new URL(`https://${text}/`) : undefined
      const host = url?.hostname.replace(/\.$/, '')
      const port = url?.port === '' ? 443 : Number(url?.port)
      const numeric = isIP(ours.host) !== isIP(host ?? '')
      if (host !== ours.host || port !== ours.port || numeric || url?.username !== '') wrong.push(text)
    }
    expect(wrong).toEqual([])
    // A parser that refuses everything would pass as well.
    expect(taken).toBeGreaterThan(CASES / 100)
  }, 60_000)
})
