import { afterEach, describe, expect, it } from 'vitest'
import { get, HOST, makeRegistryGround, type RegistryGround, sayTo } from '../../support/registry-fixtures.ts'
import { PROXY_KEY, startUpstreamProxy, type UpstreamProxy } from '../../support/upstream-proxy.ts'

const PLAIN = 'plain.example.org'
let upstream: UpstreamProxy
let ground: RegistryGround
afterEach(async () => {
  upstream.close()
  await ground.remove()
})

const behind = async (environment: (address: string, secure_address: string) => Readonly<Record<string, string>>) => {
  upstream = await startUpstreamProxy()
  ground = await makeRegistryGround({
    listener: (_asked, answer) => answer.end('package'),
    environment: {
      npm_config_registry: `http://${PLAIN}:8081/`,
      ...environment(upstream.address, upstream.secure_address),
    },
  })
  upstream.leadTo(ground)
}
/** A plain request as npm makes it to a proxy. */
const plain = (door: Parameters<typeof sayTo>[0], path: string): Promise<string> =>
  sayTo(
    door,
    `GET http://${PLAIN}:8081${path} HTTP/1.1\r\nHost: ${PLAIN}:8081\r\nProxy-Authorization: Basic of-the-client\r\nConnection: close\r\n\r\n`,
    /package|Gander/,
  )

describe('a proxy of the machine', () => {
  it('is asked for a tunnel, with its own password, and resolves the name itself', async () => {
    await behind((address) => ({ HTTPS_PROXY: address }))
    const door = await ground.open()
    const got = await get(door, '/ms', { headers: ['Proxy-Authorization: Basic of-the-client'] })
    expect(got).toMatchObject({ status: 200, text: expect.stringContaining('package') })
    expect(upstream.asked).toEqual([{ line: `CONNECT ${HOST}:443`, authorization: PROXY_KEY }])
    expect(ground.dialled).toEqual([])
    expect(JSON.stringify([ground.seen, door.environment, got.text])).not.toMatch(
      /pr0xy|of-the-client|roxy-authorization/i,
    )
  })

  it('gets plain requests by their whole address, because few connect to other ports', async () => {
    await behind((address) => ({ HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: address }))
    const door = await ground.open({ hosts: [PLAIN] })
    expect(await plain(door, '/ms')).toMatch(/ 200 [\s\S]*package/)
    expect(upstream.asked).toEqual([{ line: `GET http://${PLAIN}:8081/ms`, authorization: PROXY_KEY }])
    expect(ground.seen.map(({ line, headers }) => [line, headers.host])).toEqual([['GET /ms', `${PLAIN}:8081`]])
  })

  it('with TLS is checked against the authorities that the user trusts', async () => {
    await behind((_plain, address) => ({ HTTPS_PROXY: address }))
    expect(await get(await ground.open(), '/ms')).toMatchObject({ status: 200 })
    expect(upstream.asked).toEqual([{ line: `CONNECT ${HOST}:443`, authorization: PROXY_KEY }])
  })

  it('is passed by for what NO_PROXY names', async () => {
    await behind((address) => ({ HTTPS_PROXY: address, NO_PROXY: '.example.org' }))
    expect(await get(await ground.open(), '/ms')).toMatchObject({ status: 200 })
    expect([upstream.asked, ground.dialled]).toEqual([[], ['104.16.0.1']])
  })

  it('that refuses or is not there is named, and nothing goes around it', async () => {
    await behind((address) => ({ HTTPS_PROXY: address.replace('pr0xy', 'wrong'), HTTP_PROXY: 'http://127.0.0.1:1' }))
    const door = await ground.open({ hosts: [HOST, PLAIN] })
    const refused = await get(door, '/ms')
    expect(refused).toMatchObject({ status: 502, text: expect.stringContaining('the proxy of this host answered 407') })
    expect(refused.text).not.toContain('wrong')
    expect(
      await sayTo(door, `GET http://${PLAIN}:8081/ms HTTP/1.1\r\nHost: ${PLAIN}:8081\r\nConnection: close\r\n\r\n`),
    ).toMatch(/ 502 /)
    expect([ground.dialled, ground.seen]).toEqual([[], []])
  })

  it('is no way to an address that nothing may reach', async () => {
    await behind((address) => ({ HTTPS_PROXY: address }))
    const door = await ground.open({ hosts: ['169.254.169.254', 'localhost'] })
    expect(await get(door, '/ms', { host: '169.254.169.254' })).toMatchObject({ rule: 'egress.address' })
    expect(await get(door, '/ms', { host: 'localhost' })).toMatchObject({ rule: 'egress.address' })
    expect(upstream.asked).toEqual([])
  })
})

describe('a plain registry', () => {
  it('of the machine is reached at its port, and any other plain address is not', async () => {
    await behind(() => ({}))
    const door = await ground.open({ hosts: [PLAIN, HOST] })
    expect(await plain(door, '/ms')).toMatch(/ 200 [\s\S]*package/)
    for (const address of [
      `http://${PLAIN}/ms`,
      `http://${PLAIN}:8082/ms`,
      `http://${HOST}/ms`,
      'http://evil.example.com/ms',
    ])
      expect(await sayTo(door, `GET ${address} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(/ 403 /)
    expect(ground.seen).toHaveLength(1)
    expect(door.report().refused.map(({ rule }) => rule)).toEqual(
      Array.from({ length: door.report().refused.length }, () => 'egress.host'),
    )
  })
})
