import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { execIn, shellIn } from '../../support/sandbox-fixtures.ts'
import type { SandboxWorld } from './world.ts'

/** Variables that are no secret of anybody. */
const PLAIN = /^(?:HOME|JAVA_HOME|LANG|PATH|PWD|OLDPWD|SHLVL|TMPDIR|USER|HOSTNAME|_)$/

/** What a command cannot see of the worker and its host, beside what it is meant to see. */
export const describeFence = (world: SandboxWorld): void => {
  describe('the fence', () => {
    beforeAll(() => {
      process.env['GANDER_TEST_CANARY'] = 'canary-4711'
    })
    afterAll(() => {
      delete process.env['GANDER_TEST_CANARY']
    })

    it('shows no variable of the worker, in no process, and the variables that were given', async () => {
      const sandbox = await world.shared()
      const seen = await shellIn(sandbox, 'cat /proc/[0-9]*/environ 2>/dev/null | tr "\\0" "\\n"; env', {
        env: { GIVEN: 'given-4712' },
      })
      expect(seen.stdout).not.toContain('canary-4711')
      expect(seen.stdout).toContain('GIVEN=given-4712')
      const own = (await shellIn(sandbox, 'env')).stdout.split('\n').filter(Boolean)
      expect(own.map((line) => line.replace(/=.*/s, '')).filter((name) => !PLAIN.test(name))).toEqual([])
    })

    it('passes no descriptor on, and lets a command open its own', async () => {
      const sandbox = await world.shared()
      const program = `const fs=require('node:fs');console.log(fs.readdirSync('/proc/self/fd').map((fd)=>{try{return fs.readlinkSync('/proc/self/fd/'+fd)}catch{return ''}}).filter((to)=>to.startsWith('/')&&!/^\\/(dev|proc)\\//.test(to)).join())`
      expect((await execIn(sandbox, ['node', '-e', program])).stdout).not.toMatch(/\.db|postgres|gander-sandbox|\.sock/)
      expect((await shellIn(sandbox, 'exec 9<kept.txt; cat <&9')).stdout).toBe('base\n')
    })

    it('has no network of any kind, and its own loopback', async () => {
      const sandbox = await world.shared()
      const program = `const net=require('node:net')
        const to=(o)=>new Promise((r)=>net.connect({timeout:1000,...o}).on('connect',()=>r('connected')).on('timeout',()=>r('timeout')).on('error',(e)=>r(e.code)))
        const s=net.createServer((c)=>c.end()).listen(0,'127.0.0.1',async()=>{console.log(await to({host:'192.0.2.1',port:80}),await to({host:'2001:db8::1',port:80}),await to({host:'127.0.0.1',port:s.address().port}));process.exit()})`
      expect((await execIn(sandbox, ['node', '-e', program])).stdout).toMatch(
        /^(?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL) (?:ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT) connected\n$/,
      )
    })

    it('shows a read-only view that lies in a closed folder, and takes no write to it', async () => {
      const closed = join(world.ground().root, 'closed')
      mkdirSync(join(closed, 'program'), { recursive: true, mode: 0o755 })
      mkdirSync(closed, { recursive: true, mode: 0o700 })
      writeFileSync(join(closed, 'program/run.sh'), 'echo viewed\n')
      writeFileSync(join(closed, 'one.txt'), 'one\n')
      writeFileSync(join(closed, 'hidden.txt'), 'hidden\n')
      const sandbox = await world.opened({
        read_only: [
          { host: join(closed, 'program'), inner: '/opt/program' },
          { host: join(closed, 'one.txt'), inner: '/opt/files/one.txt' },
        ],
      })
      expect((await shellIn(sandbox, 'sh /opt/program/run.sh; cat /opt/files/one.txt; ls /opt/files')).stdout).toBe(
        'viewed\none\none.txt\n',
      )
      for (const place of ['/opt/program/run.sh', '/opt/program/planted', '/opt/files/one.txt', '/opt/planted']) {
        expect((await shellIn(sandbox, `echo x > ${place}`)).exit_code, place).not.toBe(0)
      }
      expect((await execIn(sandbox, ['rm', '-rf', '/opt/program'])).exit_code).not.toBe(0)
    })

    it('refuses a view that is not there or would hide the workspace, with a reason', async () => {
      const host = world.ground().checkout
      for (const view of [
        { host: join(host, 'absent'), inner: '/opt/x' },
        { host, inner: '/workspace/deps' },
        { host, inner: '/proc/x' },
        { host, inner: '/opt/../workspace' },
        { host: 'relative', inner: '/opt/x' },
      ]) {
        await expect(world.opened({ read_only: [view] }), view.inner).rejects.toMatchObject({
          code: 'sandbox_unavailable',
        })
      }
    })
  })
}
