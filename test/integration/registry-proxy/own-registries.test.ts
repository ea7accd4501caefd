import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBubblewrapDriver, findToolchains } from '#adapters/sandboxes/bubblewrap'
import { makeRegistryGround, type RegistryGround } from '../../support/registry-fixtures.ts'
import { servePages, tinyForCargo, tinyForMaven, tinyForNpm, tinyForPip } from '../../support/tiny-packages.ts'
import { verifierWorld } from '../verifier/world.ts'

const root = mkdtempSync(join(tmpdir(), 'gander-own-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const driver = createBubblewrapDriver({ home: join(root, 'home') })
const { available } = await driver.probe()
const tools = new Set(findToolchains(process.env).map(({ name }) => name))

const ADDRESS = {
  npm: 'https://npm.example.org/private/npm/',
  cargo: 'https://cargo.example.org/private/cargo/',
  maven: 'https://maven.example.org/private/maven/',
  pip: 'http://pip.example.org:8081/simple/',
} as const
const TOKENS = { npm: 'npm-t0ken', cargo: 'cargo-t0ken', maven: 'maven-passw0rd' } as const
const KEYS = {
  '/private/npm/': `Bearer ${TOKENS.npm}`,
  '/private/cargo/': TOKENS.cargo,
  '/private/maven/': `Basic ${Buffer.from(`me:${TOKENS.maven}`).toString('base64')}`,
} as const

/** How the user of this machine has set their tools up. */
const CONFIGURATION = {
  '.npmrc': `registry=${ADDRESS.npm}\n//npm.example.org/private/npm/:_authToken=\${MY_TOKEN}\n`,
  '.cargo/config.toml': `[source.crates-io]\nreplace-with = "corp"\n[source.corp]\nregistry = "sparse+${ADDRESS.cargo}"\n`,
  '.cargo/credentials.toml': `[registries.corp]\ntoken = "${TOKENS.cargo}"\n`,
  '.m2/settings.xml': `<settings><servers><server><id>corp</id><username>me</username><password>${TOKENS.maven}</password></server></servers>
<mirrors><mirror><id>corp</id><mirrorOf>*</mirrorOf><url>${ADDRESS.maven}</url></mirror></mirrors></settings>`,
  '.config/pip/pip.conf': `[global]\nindex-url = ${ADDRESS.pip}\n`,
} as const

const phase = (id: string, command: readonly string[]): string => `  - {id: ${id}, command: ${JSON.stringify(command)}}`
const WITH = [
  {
    tool: 'npm',
    setup: phase('npm', ['npm', 'install', '--ignore-scripts', '--no-package-lock']),
    later: phase('node', ['node', '-e', 'if (require("tiny") !== 42) process.exit(1)']),
  },
  {
    tool: 'cargo',
    setup: phase('cargo', ['cargo', 'fetch']),
    later: phase('rust', ['sh', '-c', 'CARGO_NET_OFFLINE=true cargo run -q']),
  },
  {
    tool: 'mvn',
    setup: phase('maven', ['mvn', '-B', '-q', 'validate']),
    later: phase('java', ['mvn', '-B', '-q', '-o', 'validate']),
  },
  {
    tool: 'pip',
    setup: phase('pip', ['python3', '-m', 'pip', 'install', '-q', '--target', 'site', 'tiny==1.0.0']),
    later: phase('python', [
      'python3',
      '-c',
      'import sys; sys.path.append("site"); import tiny; assert tiny.ANSWER == 42',
    ]),
  },
].filter(({ tool }) => tools.has(tool))

const FILES = {
  '.gander/verify.yaml': `registry_hosts: [npm.example.org, cargo.example.org, maven.example.org, pip.example.org]
setup:\n${WITH.map(({ setup }) => setup).join('\n')}\nphases:\n${WITH.map(({ later }) => later).join('\n')}\n`,
  'package.json': JSON.stringify({ name: 'x', version: '1.0.0', dependencies: { tiny: '1.0.0' } }),
  // What a repository says about the same registry is not what leaves.
  '.npmrc': '//npm.example.org/private/npm/:_authToken=of-the-repository\n',
  'Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\ntiny = "1"\n',
  'src/main.rs': 'fn main() {\n    assert_eq!(tiny::answer(), 42);\n}\n',
  'pom.xml': `<project><modelVersion>4.0.0</modelVersion><parent><groupId>tiny</groupId><artifactId>tiny</artifactId><version>1.0.0</version><relativePath/></parent>
<artifactId>x</artifactId><packaging>pom</packaging></project>`,
}

describe.skipIf(!available || WITH.length === 0)(
  'registries of the machine that are private, plain or mirrors (skipped without bubblewrap or any package tool)',
  () => {
    let ground: RegistryGround
    let world: Awaited<ReturnType<typeof verifierWorld>>
    let setup: Awaited<ReturnType<(typeof world)['setup']>>
    beforeAll(async () => {
      const user = join(root, 'user')
      for (const [path, text] of Object.entries(CONFIGURATION)) {
        mkdirSync(dirname(join(user, path)), { recursive: true })
        writeFileSync(join(user, path), text)
      }
      const pages = new Map([
        ...tinyForNpm(ADDRESS.npm),
        ...tinyForCargo(ADDRESS.cargo),
        ...tinyForMaven(ADDRESS.maven),
        ...(tools.has('pip') ? tinyForPip(ADDRESS.pip) : []),
      ])
      ground = await makeRegistryGround({
        listener: servePages(pages, KEYS),
        environment: { HOME: user, MY_TOKEN: TOKENS.npm, PATH: process.env['PATH'] ?? '' },
        // In the company's own network, where no other host may be.
        addresses: Object.fromEntries(Object.values(ADDRESS).map((each) => [new URL(each).hostname, ['10.1.2.3']])),
      })
      world = await verifierWorld(FILES, { driver, proxy: ground.proxy })
      setup = await world.setup()
    }, 240_000)
    afterAll(() => ground.remove())

    it('every tool fetches from them, and what they keep secret is added outside', () => {
      const said = setup.phases.map(({ id, outcome, diagnosis }) => `${id} ${outcome} ${diagnosis?.excerpt ?? ''}`)
      expect(setup.outcome, `${setup.reason}\n${said.join('\n')}`).toBe('passed')
      expect(setup.refused).toEqual([])
      expect(new Set(ground.dialled)).toEqual(new Set(['10.1.2.3']))
      for (const [place, key] of Object.entries(KEYS)) {
        const there = ground.seen.filter(({ line }) => line.includes(place))
        expect(there.map(({ headers }) => headers.authorization)).toEqual(there.map(() => key))
      }
      expect(JSON.stringify(ground.seen)).not.toContain('of-the-repository')
    })

    it('no credential is in what the sandbox was given, wrote or left behind', async () => {
      const door = await ground.open({ hosts: ['npm.example.org', 'maven.example.org', 'cargo.example.org'] })
      const given = JSON.stringify([door.environment, setup, [...world.artifacts.texts.values()]])
      const { report } = await world.verify(
        {},
        {
          ...world.profile,
          phases: [
            {
              id: 'look',
              argv: ['sh', '-c', 'cat ~/.m2/settings.xml ~/.cargo/config.toml 2>/dev/null; cat ~/.npmrc; env; true'],
              required: true,
              timeout_seconds: 60,
            },
          ],
        },
      )
      const texts = `${given}${[...world.artifacts.texts.values()].join('\n')}${JSON.stringify(report)}`
      for (const token of Object.values(TOKENS)) expect(texts).not.toContain(token)
      expect(texts).not.toContain(Buffer.from(`me:${TOKENS.maven}`).toString('base64'))
    })

    it('later phases find the packages without a network, also those of a mirror', async () => {
      const { report } = await world.verify()
      expect(report.outcome, JSON.stringify(report, null, 1)).toBe('passed')
      expect(report.phases).toHaveLength(WITH.length)
    })
  },
)
