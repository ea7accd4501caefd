import { z } from 'zod'
import { canonicalJson } from '#domain/json'
import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { anyHolds, has, pathsLike, readText, type BaseTree } from './base-tree.ts'
import { optionalChecks } from './optional-checks.ts'
import { registryHosts } from './registry-hosts.ts'
import { commandLine, scriptCommands, shellRun, testRun, type ScriptCommand, type TestRun } from './node-runner.ts'
import { sealProfile } from './seal-profile.ts'

const words = z.record(z.string(), z.string()).catch({})
const manifestSchema = z.object({
  scripts: words.default({}),
  dependencies: words.default({}),
  devDependencies: words.default({}),
  optionalDependencies: words.default({}),
  packageManager: z.string().catch('').default(''),
})
type Manifest = z.infer<typeof manifestSchema>
type Scripts = Readonly<Record<string, string>>

const TEST_FILES = /\.(?:test|spec)\.[cm]?[jt]sx?$|(?:^|\/)(?:__tests__|tests?)\/[^/]+\.[cm]?[jt]s$/
const NO_TESTS = /no test specified/
const TYPE_SCRIPTS = ['typecheck', 'type-check', 'check-types', 'types', 'tsc']

/** Node: the lockfile names the package manager, the test script the runner; the runner reports to the platform. */
export async function nodeProfile(
  tree: BaseTree,
  registries: PackageRegistries,
): Promise<VerificationProfile | undefined> {
  const source = await readText(tree, 'package.json')
  if (source === undefined) return undefined
  const manifest = parseManifest(source)
  if (manifest === undefined) return undefined
  const tests = await testPhases(tree, manifest)
  if (tests.length === 0) return undefined
  const manager = packageManager(tree, manifest)
  const setup = needsInstall(manifest) ? [await installPhase(tree, manager, manifest, registries)] : []
  return sealProfile({
    id: `node-${manager}-standard`,
    ecosystem: 'node',
    ...(setup.length > 0 ? { setup } : {}),
    registry_hosts: setup.length > 0 ? await hosts(tree, registries) : [],
    phases: [...eachOnce(checkPhases(tree, manifest), tests), ...(await looseChecks(tree, manifest))].map(
      ({ shown = '', ...rest }) => ({
        ...rest,
        shown: shown.replace(/^npm (?=test$|run )/, `${manager} `),
      }),
    ),
    found_by: `package.json (${manifest.scripts['test'] === undefined ? 'test files' : 'scripts.test'})`,
  })
}

function parseManifest(source: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(source)).data
  } catch {
    return undefined
  }
}

const needsInstall = (manifest: Manifest): boolean =>
  [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].some(
    (group) => Object.keys(group).length > 0,
  )

const uses = (manifest: Manifest, name: string): boolean =>
  manifest.dependencies[name] !== undefined || manifest.devDependencies[name] !== undefined

type PackageManager = 'npm' | 'pnpm' | 'yarn'

function packageManager(tree: BaseTree, manifest: Manifest): PackageManager {
  if (has(tree, 'pnpm-lock.yaml')) return 'pnpm'
  if (has(tree, 'yarn.lock')) return 'yarn'
  if (has(tree, 'package-lock.json') || has(tree, 'npm-shrinkwrap.json')) return 'npm'
  return (['pnpm', 'yarn'] as const).find((name) => manifest.packageManager.startsWith(`${name}@`)) ?? 'npm'
}

async function installPhase(
  tree: BaseTree,
  manager: PackageManager,
  manifest: Manifest,
  registries: PackageRegistries,
): Promise<ProfilePhase> {
  // Yarn has a default of its own, which is not where this machine fetches from.
  const [registry] = manager === 'yarn' ? await registries.addresses('npm') : []
  const env = {
    ...(registry === undefined ? {} : { YARN_NPM_REGISTRY_SERVER: registry }),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    YARN_NODE_LINKER: 'node-modules',
    YARN_ENABLE_TELEMETRY: '0',
  }
  const argv = await installCommand(tree, manager, manifest)
  const shown = manager === 'npm' ? argv.join(' ') : `${manager} install`
  return { id: 'install', argv, shown, env, required: true, timeout_seconds: 600 }
}

/** Install scripts are never run: they are code of strangers that no test needs to see. */
async function installCommand(tree: BaseTree, manager: PackageManager, manifest: Manifest): Promise<readonly string[]> {
  const wanted = /^(?:pnpm|yarn)@(\d+(?:\.\d+){0,2})/.exec(manifest.packageManager)?.[1]
  if (manager === 'npm')
    return has(tree, 'package-lock.json') || has(tree, 'npm-shrinkwrap.json')
      ? ['npm', 'ci', '--ignore-scripts']
      : ['npm', 'install', '--ignore-scripts', '--no-package-lock']
  if (manager === 'pnpm') {
    const format = /^lockfileVersion: '?(\d+)/m.exec((await readText(tree, 'pnpm-lock.yaml')) ?? '')?.[1] ?? ''
    const version = wanted ?? { 5: '7', 6: '8' }[format] ?? '9'
    return ['npx', '--yes', `pnpm@${version}`, 'install', '--frozen-lockfile', '--ignore-scripts']
  }
  const lockfile = (await readText(tree, 'yarn.lock')) ?? ''
  const berry = wanted === undefined ? /^__metadata:/m.test(lockfile) : !wanted.startsWith('1.')
  return berry
    ? ['npx', '--yes', `@yarnpkg/cli-dist@${wanted ?? '4'}`, 'install', '--immutable', '--mode=skip-build']
    : ['npx', '--yes', 'yarn@1.22.22', 'install', '--frozen-lockfile', '--ignore-scripts', '--non-interactive']
}

async function hosts(tree: BaseTree, registries: PackageRegistries): Promise<readonly string[]> {
  const locked = new Set<string>()
  for (const path of ['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock'])
    for (const [, url = ''] of ((await readText(tree, path)) ?? '').matchAll(/resolved"?:? "(https:\/\/[^/"]+\/)/g))
      locked.add(url)
  return registryHosts(registries, 'npm', locked)
}

const phase = (id: string, run: TestRun, shown: string, timeout_seconds: number): ProfilePhase => ({
  id,
  ...run,
  shown,
  required: true,
  timeout_seconds,
})

/** A check that another check or the tests run word for word is left to that one; every phase gets a name of its own. */
function eachOnce(checks: readonly ProfilePhase[], tests: readonly ProfilePhase[]): readonly ProfilePhase[] {
  const same = (one: ProfilePhase) => (other: ProfilePhase) =>
    canonicalJson([one.argv, one.env ?? {}]) === canonicalJson([other.argv, other.env ?? {}])
  const kept = checks.filter((check, at) => ![...checks.slice(0, at), ...tests].some(same(check)))
  const counts = new Map<string, number>()
  return [...kept, ...tests].map(({ id, ...rest }) => {
    const count = (counts.get(id) ?? 0) + 1
    counts.set(id, count)
    return { id: count === 1 ? id : `${id}_${count}`, ...rest }
  })
}

/** The type check, and the build where the tests run what it makes. */
function checkPhases(tree: BaseTree, { scripts, ...manifest }: Manifest): readonly ProfilePhase[] {
  const phases: ProfilePhase[] = []
  const test = scripts['test'] ?? ''
  const build = scripts['build'] ?? ''
  const builtFirst = /\bbuild\b/.test(`${scripts['pretest'] ?? ''} ${test}`)
  if (build !== '' && !builtFirst && /\b(?:dist|build|out|lib)\//.test(test))
    phases.push(phase('build', plainRun(build), 'npm run build', 300))
  const script = TYPE_SCRIPTS.find((name) => scripts[name] !== undefined)
  const checked = /\btsc\b/.test(test) || phases.length > 0
  if (script !== undefined) phases.push(phase('types', plainRun(scripts[script] ?? ''), `npm run ${script}`, 300))
  else if (!checked && has(tree, 'tsconfig.json') && uses({ scripts, ...manifest }, 'typescript'))
    phases.push(
      phase('types', { argv: ['node_modules/.bin/tsc', '--noEmit', '-p', 'tsconfig.json'] }, 'npx tsc --noEmit', 300),
    )
  return phases
}

/** Scripts that tell what no test does, by their names; the first of each kind that there is. */
const CHECK_SCRIPTS: readonly (readonly [kind: 'lint' | 'format', names: readonly string[]])[] = [
  ['lint', ['lint', 'eslint', 'lint:check', 'check:lint']],
  ['format', ['format:check', 'check:format', 'prettier:check', 'check:prettier', 'fmt:check', 'format-check']],
]
/** What mends in place is no check. */
const WRITES = /--(?:fix|write|apply)\b|(?:^|\s)-w(?:\s|$)/

/** Linters and formatters: by the repository's own script, else as its configuration says. */
async function looseChecks(tree: BaseTree, { scripts }: Manifest): Promise<readonly ProfilePhase[]> {
  const own = CHECK_SCRIPTS.flatMap(([kind, names]): readonly ProfilePhase[] => {
    const name = names.find((one) => scripts[one] !== undefined && !WRITES.test(scripts[one]))
    if (name === undefined) return []
    return [{ ...phase(kind, shellRun(scripts[name] ?? ''), `npm run ${name}`, 300), kind, required: false }]
  })
  const told = new Set(own.flatMap(({ kind }) => kind ?? []))
  return [...own, ...(await optionalChecks(tree, 'node', { told }))]
}

/** A script of the base commit: the command itself where that is plain, a shell otherwise; never the head's package.json. */
function plainRun(script: string): TestRun {
  const [first, ...more] = scriptCommands(script) ?? []
  return first === undefined || more.length > 0 ? shellRun(script) : commandRun(first)
}

function commandRun(command: ScriptCommand): TestRun {
  if (command.words[0] !== 'tsc' || command.globs.size > 0) return shellRun(commandLine(command))
  const env = Object.keys(command.env).length > 0 ? { env: command.env } : {}
  return { ...env, argv: ['node_modules/.bin/tsc', ...command.words.slice(1)] }
}

async function testPhases(tree: BaseTree, manifest: Manifest): Promise<readonly ProfilePhase[]> {
  const { scripts } = manifest
  const script = scripts['test']
  if (script === undefined || NO_TESTS.test(script)) {
    const runner = await withoutScript(tree, manifest)
    const run = runner === undefined ? undefined : testRun(runner)
    return runner === undefined || run === undefined ? [] : [phase('unit_tests', run, knownCommand(runner), 600)]
  }
  const before =
    scripts['pretest'] === undefined ? [] : [phase('pretest', shellRun(scripts['pretest']), 'npm run pretest', 300)]
  const commands = resolved(script, scripts)
  if (commands === undefined || commands.every((command) => testRun(command) === undefined))
    return [...before, phase('unit_tests', shellRun(script), 'npm test', 600)]
  return [
    ...before,
    ...commands.map((command) => commandPhase(command, commands.length === 1 ? 'npm test' : commandLine(command))),
  ]
}

function commandPhase(command: ScriptCommand, shown: string): ProfilePhase {
  const run = testRun(command)
  if (run !== undefined) return phase('unit_tests', run, shown, 600)
  return phase(command.words[0] === 'tsc' ? 'build' : 'check', commandRun(command), shown, 300)
}

/** As someone would type it who has no script for it. */
const knownCommand = ({ words }: ScriptCommand): string =>
  words[0] === 'node' ? words.join(' ') : `npx ${words.join(' ')}`

/** Follows `npm run NAME`, as the base commit defines it, a few levels deep. */
function resolved(script: string, scripts: Scripts, depth = 0): readonly ScriptCommand[] | undefined {
  const commands = scriptCommands(script)
  if (commands === undefined || depth > 4) return commands
  const all: ScriptCommand[] = []
  for (const command of commands) {
    const target = scripts[calledScript(command.words) ?? '']
    const inner = target === undefined ? [command] : resolved(target, scripts, depth + 1)
    if (inner === undefined) return undefined
    all.push(...inner)
  }
  return all
}

function calledScript([program = '', verb = '', ...rest]: readonly string[]): string | undefined {
  if (!['npm', 'pnpm', 'yarn'].includes(program) || rest.includes('--')) return undefined
  if (verb === 'run') return rest.find((word) => !word.startsWith('-'))
  return program === 'npm' ? undefined : verb
}

async function withoutScript(tree: BaseTree, manifest: Manifest): Promise<ScriptCommand | undefined> {
  for (const runner of ['vitest', 'jest', 'mocha'])
    if (uses(manifest, runner)) return { env: {}, words: [runner], globs: new Set() }
  if (pathsLike(tree, TEST_FILES).length > 0 && (await anyHolds(tree, TEST_FILES, /['"]node:test['"]/)))
    return { env: {}, words: ['node', '--test'], globs: new Set() }
  return undefined
}
