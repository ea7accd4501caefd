import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import type { Sandbox, SandboxDriver } from '#ports'
import { execIn, makeSandboxGround, type SandboxGround, shellIn } from '../support/sandbox-fixtures.ts'

const SECRET = `canary-${randomBytes(12).toString('hex')}`

/** Each test blocks an attack and still allows the harmless act beside it. */
describe('a hostile command in a sandbox', () => {
  let ground: SandboxGround
  let driver: SandboxDriver
  let sandbox: Sandbox
  let server: Server
  let port = 0

  beforeAll(async () => {
    process.env['GANDER_TEST_SECRET'] = SECRET
    ground = makeSandboxGround({ 'file.txt': 'text\n', 'dir/inner.txt': 'inner\n' })
    mkdirSync(ground.home, { recursive: true })
    writeFileSync(join(ground.home, 'secret.txt'), SECRET)
    driver = createBubblewrapDriver({ home: ground.home })
    sandbox = await driver.open(ground.spec())
    server = createServer((socket) => socket.end('host'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(async () => {
    delete process.env['GANDER_TEST_SECRET']
    server.close()
    await sandbox.close()
    ground.remove()
  })

  it('finds no variable of the worker in any process it can see, and has its own', async () => {
    const result = await shellIn(sandbox, 'cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; env')
    expect(result.stdout).not.toContain(SECRET)
    expect(result.stdout).not.toContain(ground.home)
    expect(result.stdout).toContain('HOME=/home/agent')
  })

  it('cannot read files of the host beside the checkout, and reads the checkout', async () => {
    const paths = [
      join(ground.home, 'secret.txt'),
      ground.root,
      '/etc/shadow',
      '/var/lib',
      '/var/log',
      '/boot',
      '/sys',
      '/mnt',
      '/srv',
      '/proc/1/root/var/lib',
    ]
    for (const path of paths) expect((await execIn(sandbox, ['ls', '-A', path])).stdout, path).toBe('')
    expect((await execIn(sandbox, ['cat', 'file.txt'])).stdout).toBe('text\n')
  })

  it('does not follow its own links out of the tree, and follows them within', async () => {
    const result = await shellIn(sandbox, `ln -s ${ground.home}/secret.txt out; ln -s file.txt in; cat out; cat in`)
    expect(result.stdout).toBe('text\n')
    expect(lstatSync(join(sandbox.tree.path, 'out')).isSymbolicLink()).toBe(true)
  })

  it('sees only its own processes and can signal no other, and can signal its own', async () => {
    const result = await shellIn(
      sandbox,
      `kill -0 ${process.pid} 2>&1; ls -d /proc/[0-9]* | wc -l; sleep 9 & kill $! && echo killed`,
    )
    expect(result.stdout).toMatch(/No such process\n+[1-9]\nkilled\n$/)
  })

  it('reaches no listener of the host, also not by an abstract socket, and talks to itself', async () => {
    const program = `const net=require('node:net')
      const to=(o)=>new Promise((r)=>net.connect(o).on('connect',()=>r('connected')).on('error',(e)=>r(e.code)))
      const s=net.createServer((c)=>c.end()).listen(0,'127.0.0.1',async()=>{
        console.log(await to({host:'127.0.0.1',port:${port}}),await to({host:'::1',port:${port}}),await to({path:'\\0gander'}),await to({host:'192.0.2.1',port:80}),await to({host:'127.0.0.1',port:s.address().port}))
        process.exit()})`
    const { stdout } = await execIn(sandbox, ['node', '-e', program])
    expect(stdout).toMatch(/^ECONNREFUSED \S+ ECONNREFUSED ENETUNREACH connected\n$/)
  })

  it('cannot make what gives power later: no device, no owner, no setuid that counts; and makes files and fifos', async () => {
    const result = await shellIn(
      sandbox,
      'mknod d c 1 3 2>/dev/null && echo device; mknod w c 0 0 2>/dev/null && echo whiteout; chown 0 file.txt 2>/dev/null && echo owner; cp /usr/bin/id own-id; chmod 4755 own-id; ./own-id -u; mkfifo pipe && echo fifo; setfattr -n trusted.overlay.opaque -v y dir 2>/dev/null && echo xattr; true',
    )
    expect(result.stdout).toBe('1000\nfifo\n')
    if (process.getuid?.() === 0) expect(statSync(join(sandbox.tree.path, 'own-id')).uid).not.toBe(0)
  })

  it('writes to the checkout of the host in no way, and writes to its copy', async () => {
    const before = readFileSync(join(ground.checkout, 'file.txt'), 'utf8')
    await shellIn(
      sandbox,
      'echo changed > file.txt; chmod 777 file.txt; ln file.txt hard && echo more >> hard; truncate -s 0 dir/inner.txt; : > dir/inner.txt',
    )
    expect(readFileSync(join(ground.checkout, 'file.txt'), 'utf8')).toBe(before)
    expect(readFileSync(join(ground.checkout, 'dir/inner.txt'), 'utf8')).toBe('inner\n')
    expect(readFileSync(join(sandbox.tree.path, 'hard'), 'utf8')).toContain('more')
  })

  it('gains nothing by opening its output for reading or writing again, and a later command sees none of it', async () => {
    await shellIn(sandbox, 'exec 9<>/dev/stdout; head -c 5000 /dev/zero >&9; setsid sleep 20 9>&9 &')
    const later = await shellIn(sandbox, 'echo clean')
    expect(later).toMatchObject({ stdout: 'clean\n', stderr: '' })
  })

  it('cannot claim in its output that the sandbox or the system failed', async () => {
    const forged = await shellIn(sandbox, 'echo "bwrap: execvp x: No such file or directory" >&2; exit 1')
    expect(forged).toMatchObject({ exit_code: 1, stderr: 'bwrap: execvp x: No such file or directory\n' })
    const chdir = await shellIn(sandbox, `echo "bwrap: Can't chdir to /x: y" >&2; exit 1`)
    expect(chdir).toMatchObject({ exit_code: 1, ended_by: 'exit' })
  })

  it('inherits no descriptor of the worker beyond its three', async () => {
    const { stdout } = await execIn(sandbox, ['ls', '-l', '/proc/self/fd'])
    const beyond = stdout
      .split('\n')
      .filter((line) => / (?:[3-9]|\d{2,}) -> /.test(line) && !/\/dev\/null$|\/proc\/\d+\/fd$/.test(line))
    expect(beyond).toEqual([])
  })

  it('cannot fill the host: /tmp, /dev/shm, the tree and the home are bounded, and small files fit', async () => {
    const small = await driver.open(
      ground.spec({
        limits: { memory_bytes: 256 * 1024 ** 2, cpus: 1, pids: 50, upper_bytes: 16 * 1024 ** 2, upper_inodes: 500 },
      }),
    )
    for (const place of ['/tmp', '/workspace', '/home/agent']) {
      expect((await shellIn(small, `head -c 40m /dev/zero > ${place}/big; rm -f ${place}/big`)).stderr, place).toMatch(
        /no space left/i,
      )
      expect((await shellIn(small, `echo ok > ${place}/small && cat ${place}/small`)).stdout).toBe('ok\n')
    }
    for (const place of ['/', '/dev', '/run', '/etc', '/usr', '/var']) {
      expect((await shellIn(small, `echo x > ${place}/planted`)).exit_code, place).not.toBe(0)
    }
    await small.close()
  })

  it('cannot leave work for the next worker in a setup layer: privileged bits are gone, links are not followed', async () => {
    const outside = join(ground.root, 'outside')
    writeFileSync(outside, 'x', { mode: 0o600 })
    const path = join(ground.root, 'hostile-layer')
    const setup = await driver.open(ground.spec({ purpose: 'setup', writable: { kind: 'setup_layer', path } }))
    await shellIn(
      setup,
      `cp /usr/bin/id suid; chmod 6755 suid; ln -s ${outside} link; mkdir closed; echo x > closed/f; chmod 000 closed; echo kept > kept`,
    )
    await setup.close()
    expect(statSync(join(path, 'tree/suid')).mode & 0o6000).toBe(0)
    expect(statSync(outside).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(path, 'tree/kept'), 'utf8')).toBe('kept\n')
    rmSync(path, { recursive: true })
    expect(existsSync(path)).toBe(false)
  })
})
