import { isTestKind, phaseKind, type ProfilePhase, type Rung, type VerificationProfile } from '#domain/verification'

/** A rung above unit tests that a repository has, and how it is run. */
export interface FoundRung {
  readonly rung: Rung
  /** What was found, for people. */
  readonly found_by: string
  /** The command that runs it; absent: it is part of the profile's tests, or the platform cannot run it. */
  readonly phase?: ProfilePhase
  /** Why it is not run; absent: it is run, by its phase or with the profile's tests. */
  readonly not_run_reason?: string
}

/** Reads a repository at the base commit. */
interface Reader {
  readonly paths: readonly string[]
  readonly read: (path: string) => Promise<string | undefined>
}

interface Sign {
  readonly rung: Rung
  /** Manifests that are looked at, and what they say where there is such a rung. */
  readonly manifest?: readonly [path: RegExp, says: RegExp]
  readonly path?: RegExp
  readonly found_by: string
  readonly not_run_reason?: string
}

const MANIFESTS =
  /^(?:package\.json|pyproject\.toml|setup\.(?:py|cfg)|requirements[^/]*\.txt|tox\.ini|pytest\.ini|pom\.xml|build\.gradle(?:\.kts)?|Cargo\.toml|go\.mod)$/
const INSTEAD =
  'it mutates the whole program, which takes longer than the plan gives; the platform plants mutants of the changed lines instead'
const SERVICE = 'it compares with a description outside of the repository, and the sandbox has no network'

const SIGNS: readonly Sign[] = [
  {
    rung: 'integration',
    path: /(?:^|\/)(?:tests?\/)?(?:integration|it)(?:[-_]tests?)?\/[^/]+\.(?:py|[cm]?[jt]sx?|go|rs)$/,
    found_by: 'a folder of integration tests',
  },
  { rung: 'integration', path: /^(?:[^/]+\/)?tests\/[^/]+\.rs$/, found_by: 'integration tests of Cargo' },
  {
    rung: 'integration',
    manifest: [/^(?:pyproject\.toml|pytest\.ini|setup\.cfg|tox\.ini)$/, /^\s*["']?integration\b/m],
    found_by: 'a mark of pytest',
  },
  { rung: 'contract', manifest: [MANIFESTS, /\bpact\b|@pact-foundation|spring-cloud-contract/], found_by: 'Pact' },
  {
    rung: 'contract',
    path: /(?:^|\/)(?:openapi|swagger)[^/]*\.(?:ya?ml|json)$/,
    found_by: 'a description of an HTTP interface',
    not_run_reason: SERVICE,
  },
  {
    rung: 'property',
    manifest: [MANIFESTS, /\bfast-check\b|\bhypothesis\b|\bquickcheck\b|\bproptest\b|\bjqwik\b|\brapid\b/],
    found_by: 'a library of property tests',
  },
  {
    rung: 'mutation',
    manifest: [MANIFESTS, /@stryker-mutator|\bpitest\b|\bmutmut\b|\bcosmic-ray\b|\bcargo-mutants\b/],
    found_by: 'a tool for mutants',
    not_run_reason: INSTEAD,
  },
  {
    rung: 'mutation',
    path: /^(?:stryker\.conf[^/]*|\.cargo\/mutants\.toml)$/,
    found_by: 'a tool for mutants',
    not_run_reason: INSTEAD,
  },
]

/** Scripts of package.json by the rung they run. */
const SCRIPTS: readonly (readonly [Rung, RegExp])[] = [
  ['integration', /^(?:test[:_-])?(?:integration|int|it)(?:[:_-]test)?$/],
  ['contract', /^(?:test[:_-])?(?:contract|pact)s?$/],
  ['property', /^(?:test[:_-])?(?:property|properties|fuzz)$/],
]

/** The rungs of a repository, each once; the base commit alone is read. */
export async function findRungs(reader: Reader, profile: VerificationProfile): Promise<readonly FoundRung[]> {
  const found = [...(await scripts(reader)), ...(await failsafe(reader, profile)), ...goTags(reader, profile)]
  for (const sign of SIGNS) {
    if (found.some(({ rung }) => rung === sign.rung) || !(await holds(sign, reader))) continue
    const { rung, found_by, not_run_reason } = sign
    found.push({ rung, found_by, ...(not_run_reason !== undefined && { not_run_reason }) })
  }
  return found.filter(({ rung }, at) => found.findIndex((one) => one.rung === rung) === at)
}

async function holds({ manifest, path }: Sign, { paths, read }: Reader): Promise<boolean> {
  if (path !== undefined && paths.some((one) => path.test(one))) return true
  if (manifest === undefined) return false
  const [name, says] = manifest
  for (const one of paths.filter((each) => name.test(each)).slice(0, 10))
    if (says.test((await read(one)) ?? '')) return true
  return false
}

async function scripts({ read }: Reader): Promise<FoundRung[]> {
  const named = scriptsOf((await read('package.json')) ?? '')
  const test = named['test'] ?? ''
  return SCRIPTS.flatMap(([rung, name]) => {
    const script = Object.keys(named).find((one) => name.test(one))
    if (script === undefined) return []
    const found_by = `the script ${script} of package.json`
    if (test.includes(script)) return [{ rung, found_by }]
    const argv = ['sh', '-c', `PATH="$PWD/node_modules/.bin:$PATH"; ${named[script] ?? ''}`]
    return [{ rung, found_by, phase: { ...PHASE, id: rung, argv, shown: `npm run ${script}` } }]
  })
}

const PHASE = { required: true, timeout_seconds: 600, kind: 'all_tests' } as const

function scriptsOf(source: string): Readonly<Record<string, string>> {
  try {
    const { scripts: named } = JSON.parse(source) as { scripts?: unknown }
    const all = typeof named === 'object' && named !== null ? Object.entries(named) : []
    return Object.fromEntries(all.filter((one): one is [string, string] => typeof one[1] === 'string'))
  } catch {
    return {}
  }
}

/** Failsafe runs with the phase `verify`, which the tests' own command stops short of. */
async function failsafe({ paths, read }: Reader, profile: VerificationProfile): Promise<FoundRung[]> {
  const poms = paths.filter((path) => /(?:^|\/)pom\.xml$/.test(path)).slice(0, 20)
  const texts = await Promise.all(poms.map(read))
  if (!texts.some((text) => text?.includes('maven-failsafe-plugin'))) return []
  const tests = profile.phases.find((phase) => phase.argv[0] === 'mvn' && isTestKind(phaseKind(phase)))
  const found_by = 'maven-failsafe-plugin'
  if (tests === undefined) return [{ rung: 'integration', found_by, not_run_reason: 'the profile does not run Maven' }]
  const argv = tests.argv.map((word, at) => (word === 'test' && at === tests.argv.length - 1 ? 'verify' : word))
  const results = { format: 'junit', path: '**/target/failsafe-reports/TEST-*.xml' } as const
  return [{ rung: 'integration', found_by, phase: { ...PHASE, id: 'integration', argv, shown: 'mvn verify', results } }]
}

function goTags({ paths }: Reader, { ecosystem, phases }: VerificationProfile): FoundRung[] {
  const tagged = paths.find((path) => /(?:_integration_test|\/integration_test)\.go$/.test(path))
  if (ecosystem !== 'go' || tagged === undefined) return []
  const env = phases.find((phase) => isTestKind(phaseKind(phase)))?.env
  const argv = ['go', 'test', '-count=1', '-tags', 'integration', './...']
  const phase = { ...PHASE, id: 'integration', argv, shown: argv.join(' '), ...(env !== undefined && { env }) }
  return [{ rung: 'integration', found_by: tagged, phase }]
}
