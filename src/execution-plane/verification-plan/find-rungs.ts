import { isTestFile } from '#execution-plane/patch'
import { isTestKind, phaseKind, type ProfilePhase, type Rung, type VerificationProfile } from '#domain/verification'

/** A rung above unit tests that a repository has, and how it is run. */
export interface FoundRung {
  readonly rung: Rung
  /** What was found, for people. */
  readonly found_by: string
  /** The command that runs it; absent: it is part of the profile's tests, or the platform cannot run it. */
  readonly phase?: ProfilePhase
  /** Tests that use what was found, which tell how the rung ended; absent: all tests do. */
  readonly files?: readonly string[]
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
  {
    rung: 'contract',
    path: /(?:^|\/)(?:openapi|swagger)[^/]*\.(?:ya?ml|json)$/,
    found_by: 'a description of an HTTP interface',
    not_run_reason: SERVICE,
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

/** A library that a manifest names, and how a test shows that it uses it. */
interface Library {
  readonly rung: Rung
  readonly name: string
  readonly manifest: RegExp
  readonly uses: RegExp
}

const LIBRARIES: readonly Library[] = [
  {
    rung: 'property',
    name: 'fast-check',
    manifest: /"(?:@fast-check\/[\w-]+|fast-check)"\s*:/,
    uses: /['"](?:@fast-check\/[\w-]+|fast-check)['"]/,
  },
  { rung: 'property', name: 'Hypothesis', manifest: /\bhypothesis\b/i, uses: /^\s*(?:from|import)\s+hypothesis\b/m },
  { rung: 'property', name: 'proptest', manifest: /^\s*proptest\b/m, uses: /\bproptest\b/ },
  { rung: 'property', name: 'quickcheck', manifest: /^\s*quickcheck\b/m, uses: /\bquickcheck\b/ },
  { rung: 'property', name: 'jqwik', manifest: /\bjqwik\b/, uses: /\bnet\.jqwik\b/ },
  { rung: 'property', name: 'rapid', manifest: /\bpgregory\.net\/rapid\b/, uses: /"pgregory\.net\/rapid"/ },
  {
    rung: 'contract',
    name: 'Pact',
    manifest: /@pact-foundation|\bpact[-_.]?(?:python|jvm|consumer|provider|go)?\b/,
    uses: /@pact-foundation|\bpact\b/i,
  },
  {
    rung: 'contract',
    name: 'Spring Cloud Contract',
    manifest: /spring-cloud-(?:starter-)?contract/,
    uses: /springframework\.cloud\.contract/,
  },
]
const MOST_TESTS_READ = 300
const RUST_SOURCE = /(?:^|\/)src\/.*\.rs$/

/** Scripts of package.json by the rung they run. */
const SCRIPTS: readonly (readonly [Rung, RegExp])[] = [
  ['integration', /^(?:test[:_-])?(?:integration|int|it)(?:[:_-]test)?$/],
  ['contract', /^(?:test[:_-])?(?:contract|pact)s?$/],
  ['property', /^(?:test[:_-])?(?:property|properties|fuzz)$/],
]

/** The rungs of a repository, each once; the base commit alone is read. */
export async function findRungs(reader: Reader, profile: VerificationProfile): Promise<readonly FoundRung[]> {
  const found = [
    ...(await scripts(reader)),
    ...(await failsafe(reader, profile)),
    ...goTags(reader, profile),
    ...(await libraries(reader)),
  ]
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

/** A dependency alone is no rung: some test has to use it. */
async function libraries({ paths, read }: Reader): Promise<readonly FoundRung[]> {
  const manifests = await Promise.all(
    paths
      .filter((path) => MANIFESTS.test(path))
      .slice(0, 10)
      .map(read),
  )
  const named = LIBRARIES.filter(({ manifest }) => manifests.some((text) => manifest.test(text ?? '')))
  if (named.length === 0) return []
  // Rust's tests stand beside the code.
  const files = paths.filter((path) => isTestFile(path) || RUST_SOURCE.test(path)).slice(0, MOST_TESTS_READ)
  const using = new Map<Library, string[]>()
  for (const path of files) {
    const text = (await read(path)) ?? ''
    for (const library of named.filter(({ uses }) => uses.test(text)))
      using.set(library, [...(using.get(library) ?? []), path])
  }
  // What is used comes first: of two libraries for one rung the table names the one that tests.
  const isUsed = (library: Library) => using.has(library)
  return [...named.filter(isUsed), ...named.filter((library) => !isUsed(library))].map((library): FoundRung => {
    const { rung, name } = library
    const own = using.get(library)
    const [first] = own ?? []
    if (own === undefined || first === undefined)
      return { rung, found_by: name, not_run_reason: 'it is among the dependencies and no test uses it' }
    const more = own.length === 1 ? '' : ` and ${own.length - 1} more`
    return { rung, found_by: `${name} in ${first}${more}`, files: own }
  })
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
