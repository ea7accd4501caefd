import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createPackageRegistries } from '#adapters/registries'
import { createRegistryProxy } from '#adapters/registry-proxy'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import {
  DEFAULT_EGRESS_BUDGET,
  type ExecResult,
  type PackageTool,
  type RegistryDoor,
  type Sandbox,
  type SandboxDriver,
} from '#ports'
import { execIn, makeSandboxGround, type SandboxGround } from '../../support/sandbox-fixtures.ts'

const reachable = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(8000) })).ok
  } catch {
    return false
  }
}

const registries = createPackageRegistries({ home: join(tmpdir(), 'gander-test') })

/** The hosts of a tool's registry on this machine, and whether it answers for what the test needs. */
const registryOf = async (tool: PackageTool, probe: string) => {
  const addresses = await registries.addresses(tool)
  const address = addresses[0]?.replace(/\/+$/, '') ?? ''
  const hosts = addresses.map((each) => new URL(each).hostname)
  return { hosts, online: address !== '' && (await reachable(`${address}/${probe}`)) }
}

const [npm, pip, maven, go, cargo] = await Promise.all([
  registryOf('npm', 'ms'),
  registryOf('pip', 'iniconfig/'),
  registryOf('maven', 'junit/junit/4.13.2/junit-4.13.2.pom'),
  registryOf('go', 'github.com/pkg/errors/@v/v0.9.1.info'),
  registryOf('cargo', 'it/oa/itoa'),
])
const tools = new Set(findToolchains(process.env).map(({ name }) => name))

const FILES = {
  'package.json': JSON.stringify({ name: 'x', version: '1.0.0', dependencies: { ms: '2.1.3' } }),
  'pom.xml': `<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin><artifactId>maven-clean-plugin</artifactId><version>3.2.0</version></plugin></plugins></build></project>`,
  'go.mod': 'module example.org/x\n\ngo 1.20\n\nrequire github.com/pkg/errors v0.9.1\n',
  'Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nitoa = "=1.0.11"\n',
  'src/main.rs': 'fn main() {}\n',
}

describe('package tools behind the registry door', () => {
  let ground: SandboxGround
  let driver: SandboxDriver
  const closing: (() => Promise<void>)[] = []
  const proxied = async (hosts: readonly string[], argv: readonly string[]) => {
    const wish = {
      run_id: 'run-test',
      folder: join(ground.root, `d${closing.length}`),
      hosts,
      budget: DEFAULT_EGRESS_BUDGET,
    }
    const door: RegistryDoor = await createRegistryProxy({ home: ground.home }).open(wish)
    closing.push(() => door.close())
    const layer = join(ground.root, `layer-${Math.random()}`)
    const writable = { kind: 'setup_layer', path: layer } as const
    const sandbox: Sandbox = await driver.open(ground.spec({ purpose: 'setup', writable, read_only: door.files }))
    closing.push(() => sandbox.close())
    const network = { kind: 'doors', doors: [door.door] } as const
    const result: ExecResult = await execIn(sandbox, argv, { network, env: door.environment, timeout_ms: 100_000 })
    return { sandbox, result, report: door.report() }
  }
  beforeAll(() => {
    ground = makeSandboxGround(FILES)
    driver = createBubblewrapDriver({ home: ground.home })
  })
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close()
  })
  afterAll(() => ground.remove())

  const installs = async (hosts: readonly string[], argv: readonly string[]): Promise<Sandbox> => {
    const { sandbox, result, report } = await proxied(hosts, argv)
    expect(result.exit_code, `${result.stdout}\n${result.stderr}\n${JSON.stringify(report)}`).toBe(0)
    expect(report.refused).toEqual([])
    expect(report.requests).toBeGreaterThan(0)
    return sandbox
  }

  it.skipIf(!npm.online || !tools.has('npm'))('npm installs (skipped without npm or its registry)', async () => {
    const sandbox = await installs(npm.hosts, ['npm', 'install', '--ignore-scripts'])
    expect((await execIn(sandbox, ['node', '-p', 'require("ms")("2h")'])).stdout).toBe('7200000\n')
  })

  it.skipIf(!pip.online || !tools.has('pip'))('pip downloads (skipped without pip or its index)', async () => {
    const sandbox = await installs(pip.hosts, ['pip', 'download', '--no-deps', '-d', 'wheels', 'iniconfig==2.0.0'])
    expect((await execIn(sandbox, ['ls', 'wheels'])).stdout).toContain('iniconfig-2.0.0')
  })

  it.skipIf(!maven.online || !tools.has('mvn'))('Maven builds (skipped without Maven or its repository)', async () => {
    const sandbox = await installs(maven.hosts, ['mvn', '-B', '-q', 'clean'])
    expect(await execIn(sandbox, ['mvn', '-B', '-q', '-o', 'clean'])).toMatchObject({ exit_code: 0 })
  })

  it.skipIf(!go.online || !tools.has('go'))(
    'Go downloads and checks sums (skipped without Go or its proxy)',
    async () => {
      await installs(go.hosts, ['go', 'mod', 'download', '-x', 'all'])
    },
  )

  it.skipIf(!cargo.online || !tools.has('cargo'))('Cargo fetches (skipped without Cargo or its index)', async () => {
    await installs(cargo.hosts, ['cargo', 'fetch'])
  })

  it.skipIf(!tools.has('npm'))(
    'a host that is not listed is named in the report, and so is a redirected registry',
    async () => {
      const argv = ['npm', 'install', '--ignore-scripts', '--fetch-retries=0', '--registry=https://evil.example.org/']
      const { result, report } = await proxied(['registry.example.org'], argv)
      expect(result.exit_code).not.toBe(0)
      expect(report.refused).toMatchObject([{ host: 'evil.example.org', rule: 'egress.host' }])
    },
  )

  it('there is no route beside the door', async () => {
    const direct = `require('node:net').connect({host:'1.1.1.1',port:443}).on('error',(e)=>console.log(e.code)).on('connect',()=>{console.log('out');process.exit()})`
    const { result } = await proxied(['registry.example.org'], ['node', '-e', direct])
    expect(result.stdout).toBe('ENETUNREACH\n')
  })
})
