import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import type { ExecRequest, ExecResult, PackageTool, Sandbox, SandboxDriver } from '#ports'
import { execIn, makeSandboxGround, type SandboxGround, shellIn } from '../../support/sandbox-fixtures.ts'

const reachable = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(8000) })).ok
  } catch {
    return false
  }
}

/** The machine's own registry of a tool: its address without the last slash, its hosts, and whether it answers. */
const registryOf = async (tool: PackageTool, probe: string) => {
  const addresses = await createPackageRegistries({ home: join(tmpdir(), 'gander-test') }).addresses(tool)
  const address = addresses[0]?.replace(/\/+$/, '') ?? ''
  const hosts = addresses.map((each) => new URL(each).hostname)
  return { address, hosts, online: address !== '' && (await reachable(`${address}/${probe}`)) }
}
const [npm, pip, maven] = await Promise.all([
  registryOf('npm', 'ms'),
  registryOf('pip', 'iniconfig/'),
  registryOf('maven', 'junit/junit/4.13.2/junit-4.13.2.pom'),
])
/** A name that stands for a registry where nothing is dialled. */
const EXAMPLE = 'registry.example.org'
const tools = new Set(findToolchains(process.env).map(({ name }) => name))

const through = (...hosts: readonly string[]): Partial<ExecRequest> => ({
  network: { kind: 'registry', hosts },
  timeout_ms: 110_000,
})

const POM = `<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin><artifactId>maven-clean-plugin</artifactId><version>3.2.0</version></plugin></plugins></build></project>`

const PACKAGE = JSON.stringify({ name: 'x', version: '1.0.0', dependencies: { ms: '2.1.3' } })
const LOCK = JSON.stringify({
  name: 'x',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { name: 'x', version: '1.0.0', dependencies: { ms: '2.1.3' } },
    'node_modules/ms': {
      version: '2.1.3',
      resolved: `${npm.address}/ms/-/ms-2.1.3.tgz`,
      integrity: 'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==',
    },
  },
})

/** Asks the bridge by hand and prints the first line of its answer. */
const ask = (request: string): readonly string[] => [
  'node',
  '-e',
  `const s = require('node:net').connect(3128, '127.0.0.1', () => s.write(process.argv[1]))
   s.once('data', (d) => { console.log(String(d).split('\\r\\n')[0]); process.exit() }).on('close', () => process.exit()).on('error', (e) => { console.log(e.code); process.exit() })`,
  '--',
  request,
]

describe('the way out of a setup', () => {
  let ground: SandboxGround
  let driver: SandboxDriver
  const open: Sandbox[] = []
  const setup = async (environment?: NodeJS.ProcessEnv): Promise<Sandbox> => {
    const from = environment === undefined ? driver : createBubblewrapDriver({ home: ground.home, environment })
    const layer = join(ground.root, `layer-${Math.random()}`)
    const sandbox = await from.open(ground.spec({ purpose: 'setup', writable: { kind: 'setup_layer', path: layer } }))
    open.push(sandbox)
    return sandbox
  }
  beforeAll(() => {
    ground = makeSandboxGround({ 'package.json': PACKAGE, 'package-lock.json': LOCK, 'pom.xml': POM })
    driver = createBubblewrapDriver({ home: ground.home })
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
  })
  afterAll(() => ground.remove())

  it.skipIf(!npm.online || !tools.has('npm'))(
    'installs from npm (skipped offline), and work sees it without a network',
    async () => {
      const sandbox = await setup()
      const result = await execIn(sandbox, ['npm', 'ci', '--ignore-scripts'], through(...npm.hosts))
      expect(result, result.stderr).toMatchObject({ exit_code: 0, refused_hosts: [] })
      const path = join(sandbox.upper, '..')
      await sandbox.close()
      const work = await driver.open(ground.spec({ setup_layer: { path } }))
      open.push(work)
      expect((await execIn(work, ['node', '-p', 'require("ms")("2h")'])).stdout).toBe('7200000\n')
      expect((await shellIn(work, 'mkdir node_modules/.cache && touch node_modules/.cache/x')).exit_code).toBe(0)
    },
  )

  it.skipIf(!pip.online || !tools.has('pip'))('downloads from the index of pip (skipped offline)', async () => {
    const sandbox = await setup()
    const hosts = through(...pip.hosts)
    const result = await execIn(sandbox, ['pip', 'download', '--no-deps', '-d', 'wheels', 'iniconfig==2.0.0'], hosts)
    expect(result, result.stderr).toMatchObject({ exit_code: 0, refused_hosts: [] })
    expect((await execIn(sandbox, ['ls', 'wheels'])).stdout).toContain('iniconfig-2.0.0')
  })

  it.skipIf(!maven.online || !tools.has('mvn'))(
    'builds with Maven in setup and again offline (skipped offline)',
    async () => {
      const sandbox = await setup()
      const result = await execIn(sandbox, ['mvn', '-B', '-q', 'clean'], through(...maven.hosts))
      expect(result, result.stdout).toMatchObject({ exit_code: 0, refused_hosts: [] })
      const path = join(sandbox.upper, '..')
      await sandbox.close()
      const work = await driver.open(ground.spec({ setup_layer: { path } }))
      open.push(work)
      const offline = await execIn(work, ['mvn', '-B', '-q', '-o', 'clean'])
      expect(offline, offline.stdout).toMatchObject({ exit_code: 0 })
    },
  )

  it('refuses hosts that are not listed, other ports and plain requests, and names them', async () => {
    const sandbox = await setup()
    const list = through(EXAMPLE)
    const answers: ExecResult[] = []
    for (const request of [
      'CONNECT example.org:443 HTTP/1.1\r\n\r\n',
      `CONNECT ${EXAMPLE}:22 HTTP/1.1\r\n\r\n`,
      'GET http://example.net/ HTTP/1.1\r\n\r\n',
    ]) {
      answers.push(await execIn(sandbox, ask(request), list))
    }
    expect(answers.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 3 }, () => 'HTTP/1.1 403 Forbidden\n'))
    expect(answers.map(({ refused_hosts }) => refused_hosts)).toEqual([['example.org'], [EXAMPLE], ['example.net']])
    expect((await execIn(sandbox, ask('POST / HTTP/1.1\r\n\r\n'), list)).stdout).toBe(
      'HTTP/1.1 405 Method Not Allowed\n',
    )
  })

  it('never dials this host, link-local or private addresses, whatever name leads there', async () => {
    const sandbox = await setup()
    for (const host of ['localhost', '127.0.0.1', '169.254.169.254', '10.0.0.1', '0.0.0.0', '2130706433']) {
      const result = await execIn(sandbox, ask(`CONNECT ${host}:443 HTTP/1.1\r\n\r\n`), through(host))
      expect(result.stdout, host).toMatch(/^HTTP\/1\.1 (403|502)/)
    }
    const named = await execIn(sandbox, ask('CONNECT localhost:443 HTTP/1.1\r\n\r\n'), through('localhost'))
    expect(named.refused_hosts).toEqual(['localhost'])
  })

  it('has no route beside the bridge, and no bridge without being asked', async () => {
    const sandbox = await setup()
    const direct = `const s=require('node:net').connect({host:'1.1.1.1',port:443}).on('error',(e)=>console.log(e.code)).on('connect',()=>{console.log('out');process.exit()})`
    expect((await execIn(sandbox, ['node', '-e', direct], through(EXAMPLE))).stdout).toBe('ENETUNREACH\n')
    expect((await execIn(sandbox, ask('CONNECT a:443 HTTP/1.1\r\n\r\n'))).stdout).toBe('ECONNREFUSED\n')
  })

  it('is only for setup', async () => {
    for (const purpose of ['work', 'verify'] as const) {
      const sandbox = await driver.open(ground.spec({ purpose }))
      open.push(sandbox)
      await expect(execIn(sandbox, ['true'], through(EXAMPLE))).rejects.toMatchObject({
        code: 'sandbox_control_missing',
      })
    }
  })

  it('passes exit codes, signals, a missing program and stdin through the bridge', async () => {
    const sandbox = await setup()
    expect(await shellIn(sandbox, 'exit 5', through())).toMatchObject({ exit_code: 5 })
    expect(await shellIn(sandbox, 'kill -9 $$', through())).toMatchObject({
      exit_code: null,
      signal: 'SIGKILL',
      ended_by: 'exit',
    })
    expect(await execIn(sandbox, ['nope'], through())).toMatchObject({ exit_code: 127 })
    expect((await execIn(sandbox, ['cat'], { ...through(), stdin: 'in' })).stdout).toBe('in')
  })

  it('goes through the proxy of the host with its password, which never comes inside', async () => {
    const requests: string[] = []
    const proxy = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (chunk: Buffer) => {
        requests.push(chunk.toString())
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
      })
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = proxy.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const sandbox = await setup({ ...process.env, HTTPS_PROXY: `http://user:s3cret@127.0.0.1:${port}`, NO_PROXY: '' })
    const result = await execIn(sandbox, ask(`CONNECT ${EXAMPLE}:443 HTTP/1.1\r\n\r\n`), through(EXAMPLE))
    expect(result.stdout).toBe('HTTP/1.1 502 Bad Gateway\n')
    expect(requests[0]).toContain(`CONNECT ${EXAMPLE}:443`)
    expect(requests[0]).toContain(`Basic ${Buffer.from('user:s3cret').toString('base64')}`)
    expect((await shellIn(sandbox, 'env', through(EXAMPLE))).stdout).not.toContain('s3cret')
    proxy.close()
  })

  it('tells the registry the user has configured, without its password', async () => {
    const sandbox = await setup({
      ...process.env,
      npm_config_registry: 'https://me:t0ken@npm.example.com/x/',
      PIP_INDEX_URL: 'https://u:p4ss@pip.example.com/simple',
    })
    const { stdout } = await shellIn(sandbox, 'env', through(EXAMPLE))
    expect(stdout).toContain('npm_config_registry=https://npm.example.com/x/\n')
    expect(stdout).toContain('PIP_INDEX_URL=https://pip.example.com/simple\n')
    expect(stdout).not.toMatch(/t0ken|p4ss/)
  })

  it("opens another port only for a registry of the user's own, and only where it is listed", async () => {
    const own = 'npm.example.invalid'
    const configured = { ...process.env, npm_config_registry: `https://${own}:8443/`, HTTPS_PROXY: '', https_proxy: '' }
    const sandbox = await setup(configured)
    const request = ask(`CONNECT ${own}:8443 HTTP/1.1\r\n\r\n`)
    // The name leads nowhere: a bad gateway says that it was dialled.
    expect((await execIn(sandbox, request, through(own))).stdout).toMatch(/^HTTP\/1\.1 502/)
    expect((await execIn(sandbox, request, through(EXAMPLE))).stdout).toMatch(/^HTTP\/1\.1 403/)
    const elsewhere = await setup({ ...configured, npm_config_registry: `https://${EXAMPLE}/` })
    expect((await execIn(elsewhere, request, through(own))).stdout).toMatch(/^HTTP\/1\.1 403/)
  })

  it.skipIf(!npm.online)('cuts a tunnel whose TLS names another host (skipped offline)', async () => {
    const sandbox = await setup()
    const host = npm.hosts[0] ?? ''
    const front = `const net=require('node:net'),tls=require('node:tls')
      const s=net.connect(3128,'127.0.0.1',()=>s.write('CONNECT ${host}:443 HTTP/1.1\\r\\n\\r\\n'))
      s.once('data',()=>tls.connect({socket:s,servername:process.argv[1],rejectUnauthorized:false},()=>{console.log('secure');process.exit()}).on('error',()=>{console.log('cut');process.exit()}))`
    const to = (name: string): Promise<ExecResult> => execIn(sandbox, ['node', '-e', front, '--', name], through(host))
    expect(await to('evil.example.com')).toMatchObject({ stdout: 'cut\n', refused_hosts: ['evil.example.com'] })
    expect(await to(host)).toMatchObject({ stdout: 'secure\n', refused_hosts: [] })
  })
})
