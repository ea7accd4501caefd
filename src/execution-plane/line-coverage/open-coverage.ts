import { randomBytes } from 'node:crypto'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ecosystem, ProfilePhase } from '#domain/verification'
import type { Sandbox } from '#ports'
import { noteResultFiles, readResultFiles } from '#execution-plane/verifier'
import type { LineHits } from './line-hits.ts'
import { PYTHON_TRACER } from './python-tracer.ts'
import { readGoCover } from './read-go-cover.ts'
import { readLcov } from './read-lcov.ts'
import { readPython } from './read-python.ts'
import { readV8 } from './read-v8.ts'
import { readXmlCoverage } from './read-xml-coverage.ts'

/** Lines that were reached, with what measured them; or why nobody knows. */
type Measured =
  | { readonly known: true; readonly by: string; readonly hits: readonly LineHits[] }
  | { readonly known: false; readonly reason: string }

/** Coverage of one run of phases in one sandbox. */
interface CoverageSession {
  /** The phase as it leaves coverage behind; unchanged where it cannot be told to. */
  readonly phase: (phase: ProfilePhase) => ProfilePhase
  /** What the phases reached; ask after they ran. What tests print or exit with decides nothing here. */
  readonly read: () => Promise<Measured>
}

/** Where coverage is measured. */
export interface CoverageRequest {
  readonly sandbox: Pick<Sandbox, 'tree'>
  readonly ecosystem: Ecosystem
  /** Changed sources; files no test loads are known by these. */
  readonly files: readonly string[]
  /** A source of the tree, as it is on disk before anything ran. */
  readonly source: (path: string) => string | undefined
}

/** What projects' own runners leave behind where they are configured to. */
const OWN_REPORTS = '{**/lcov.info,**/coverage.xml,**/cobertura-coverage.xml,**/jacoco.xml,**/jacocoTestReport.xml}'

/** One way of measuring. */
interface Means {
  readonly by: string
  readonly phase: (phase: ProfilePhase) => ProfilePhase
  /** A glob below the root for what is written, and how it is read. */
  readonly glob: string
  readonly parse: (texts: readonly string[]) => readonly LineHits[]
}

/**
 * Prepares to measure in a fresh sandbox, before anything ran there. Code under test could forge what it leaves behind,
 * so nothing that must hold may rest on it.
 */
export async function openCoverage(request: CoverageRequest): Promise<CoverageSession> {
  const root = request.sandbox.tree.path
  const folder = `.gander-coverage-${randomBytes(9).toString('hex')}`
  await placeTracer(request, folder)
  const reports = await noteResultFiles(root, OWN_REPORTS)
  let means: Means | undefined
  let why = UNMEASURED[request.ecosystem]
  return {
    phase(phase) {
      const found = meansFor(phase, request, folder)
      if (typeof found === 'string') why = found
      else means = found
      return typeof found === 'string' ? phase : found.phase(phase)
    },
    async read() {
      if (means !== undefined) {
        const files = await readResultFiles(root, means.glob, new Map())
        const hits = means.parse(files.map((file) => file.text))
        if (hits.length > 0) return { known: true, by: means.by, hits }
        why = `${means.by} left no coverage behind`
      }
      const own = await readResultFiles(root, OWN_REPORTS, reports)
      const hits = own.flatMap(({ path, text }) => (path.endsWith('.info') ? readLcov(text) : readXmlCoverage(text)))
      return hits.length > 0 ? { known: true, by: 'the repository’s own runner', hits } : { known: false, reason: why }
    },
  }
}

const UNMEASURED: Readonly<Record<Ecosystem, string>> = {
  node: 'no phase runs tests in a way that V8 can measure',
  python: 'no phase runs Python',
  java: 'the build leaves no JaCoCo report behind',
  go: 'no phase runs `go test`',
  rust: 'the tests are not built with coverage, and the build leaves no report behind',
  command: 'the platform does not know what the profile’s commands run',
}

function meansFor(phase: ProfilePhase, request: CoverageRequest, folder: string): Means | string {
  const line = phase.argv.join(' ')
  if (/\b(?:vitest|jest)\b/.test(line)) return ownReporter(phase, folder, line)
  switch (request.ecosystem) {
    case 'node':
      if (/\b(?:tsx|ts-node|babel|swc|esbuild)\b/.test(line)) return 'the sources are compiled while the tests run'
      return {
        by: 'V8',
        phase: withEnv({ NODE_V8_COVERAGE: `/workspace/${folder}` }),
        glob: `${folder}/*.json`,
        parse: (texts) => readV8(texts, request.source),
      }
    case 'python':
      return {
        by: 'a tracer of the platform',
        phase: traced(request.files, folder),
        glob: `${folder}/*.json`,
        parse: readPython,
      }
    case 'go':
      if (!/\bgo test\b/.test(line)) return UNMEASURED.go
      return {
        by: 'go test -coverprofile',
        phase: covered(`/workspace/${folder}.out`),
        glob: `${folder}.out`,
        parse: (texts) => texts.flatMap(readGoCover),
      }
    case 'java':
    case 'rust':
    case 'command':
      return UNMEASURED[request.ecosystem]
    default:
      return request.ecosystem satisfies never
  }
}

const withEnv =
  (env: Readonly<Record<string, string>>) =>
  (phase: ProfilePhase): ProfilePhase => ({ ...phase, env: { ...phase.env, ...env } })

/** The tracer's folder goes in front of what the profile puts on the path. */
const traced =
  (files: readonly string[], folder: string) =>
  (phase: ProfilePhase): ProfilePhase => ({
    ...phase,
    env: {
      ...phase.env,
      GANDER_COVERAGE: `/workspace/${folder}`,
      GANDER_TRACER: `/workspace/${folder}/sitecustomize.py`,
      GANDER_COVERAGE_FILES: files
        .filter((path) => path.endsWith('.py'))
        .slice(0, 200)
        .join('\n'),
      PYTHONPATH: [`/workspace/${folder}`, phase.env?.['PYTHONPATH'] ?? ''].filter((part) => part !== '').join(':'),
    },
  })

const covered =
  (profile: string) =>
  (phase: ProfilePhase): ProfilePhase => {
    const flags = `-coverpkg=./... -coverprofile=${profile}`
    const plain = phase.argv[0] === 'go' && phase.argv[1] === 'test'
    const argv = plain
      ? ['go', 'test', ...flags.split(' '), ...phase.argv.slice(2)]
      : phase.argv.map((word) => word.replace(/\bgo test(?= )/, `go test ${flags}`))
    return { ...phase, argv }
  }

/** Runners that run sources in a form of their own know best what was reached; jest can always tell. */
function ownReporter(phase: ProfilePhase, folder: string, line: string): Means | string {
  const [program] = phase.argv
  const jest = program?.endsWith('/jest') === true
  if (!jest && program?.endsWith('/vitest') !== true) return `\`${line.slice(0, 60)}\` runs its tests through a shell`
  if (!jest) return 'vitest measures with a provider of its own, which the platform does not add'
  const flags = [
    '--coverage',
    '--coverageReporters=lcovonly',
    `--coverageDirectory=${folder}`,
    '--coverageThreshold={}',
  ]
  return {
    by: 'jest --coverage',
    phase: (one) => ({ ...one, argv: [...one.argv, ...flags] }),
    glob: `${folder}/lcov.info`,
    parse: (texts) => texts.flatMap(readLcov),
  }
}

/** Puts the tracer where Python looks first, before anything runs that could put something else there. */
async function placeTracer({ sandbox, ecosystem }: CoverageRequest, folder: string): Promise<void> {
  if (ecosystem !== 'python') return
  const { path, uid, gid } = sandbox.tree
  const at = join(path, folder)
  await mkdir(at)
  await chown(at, uid, gid)
  const file = join(at, 'sitecustomize.py')
  await writeFile(file, PYTHON_TRACER, { flag: 'wx' })
  await chown(file, uid, gid)
}
