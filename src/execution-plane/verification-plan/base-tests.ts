import type { TestResult, VerificationReport } from '#domain/verification'
import type { Change, FileChange } from '#domain/change'
import { isRunnerConfiguration, isSnapshot, isTestFile } from '#execution-plane/patch'
import type { RunRepository, TreeEdit } from '#ports'
import { withBaseSections } from './runner-sections.ts'

/** Manifests say what a program needs as well as how it is tested: with the base's, proposed sources may not even build. */
const MANIFEST =
  /(?:^|\/)(?:package\.json|pyproject\.toml|setup\.cfg|pom\.xml|Cargo\.toml|deno\.jsonc?|[^/]*\.gradle(?:\.kts)?|tsconfig[^/]*\.json|[Mm]akefile|GNUmakefile|justfile|Taskfile\.ya?ml)$|(?:^|\/)\.(?:github|gitlab|gander)\b/
const FIXTURES = /(?:^|\/)(?:__fixtures__|__mocks__|__snapshots__|testdata|fixtures)\//

/** What of a change belongs to tests. */
export interface TestsOfChange {
  /** Tests, what they read, and how they are run: everything that is not product. */
  readonly files: readonly FileChange[]
  /** Those of them that the base commit had and whose lines were changed or removed, or that are gone. */
  readonly altered: readonly FileChange[]
  /** Manifests with the base commit's way to run tests, which take the place of the proposed ones. */
  readonly manifests?: readonly TreeEdit[]
  /** Manifests whose way to run tests was changed and could not be put back, with why. */
  readonly kept?: readonly { readonly path: string; readonly why: string }[]
}

/** Takes out of a change what its tests consist of. */
export function testsOfChange(files: readonly FileChange[]): TestsOfChange {
  const found = files.filter(({ path }) => belongsToTests(path))
  const altered = found.filter(({ kind, deleted_lines }) => kind !== 'added' && deleted_lines !== 0)
  return { files: found, altered }
}

const MOST_MANIFESTS = 50
const MOST_BYTES = 1_000_000

/**
 * What of a change belongs to tests, with the parts of manifests that say how these are run. A manifest of which such a
 * part was changed counts as altered.
 */
export async function readTestsOfChange(
  { files, base_tree, head_tree }: Change,
  repository: Pick<RunRepository, 'readFile'>,
): Promise<TestsOfChange> {
  const tests = testsOfChange(files)
  const manifests: TreeEdit[] = []
  const kept: { path: string; why: string }[] = []
  const altered: FileChange[] = []
  const touched = files.filter(({ path, kind }) => kind !== 'deleted' && MANIFEST.test(path) && !belongsToTests(path))
  for (const file of touched.slice(0, MOST_MANIFESTS)) {
    const { path, kind } = file
    const read = async (tree: string) => {
      const bytes = await repository.readFile(tree, path)
      return bytes === undefined || bytes.length > MOST_BYTES ? undefined : new TextDecoder().decode(bytes)
    }
    const head = await read(head_tree)
    if (head === undefined) continue
    const sections = withBaseSections(path, kind === 'added' ? undefined : await read(base_tree), head)
    if (sections.kind === 'same') continue
    if (kind !== 'added') altered.push(file)
    if (sections.kind === 'kept') kept.push({ path, why: sections.why })
    else manifests.push({ path, put: { content: sections.content } })
  }
  return { files: tests.files, altered: [...tests.altered, ...altered], manifests, kept }
}

const belongsToTests = (path: string): boolean =>
  isTestFile(path) || isSnapshot(path) || FIXTURES.test(path) || (isRunnerConfiguration(path) && !MANIFEST.test(path))

/** Writes the proposed tree with the tests of the base commit, and how it runs them, in the place of its own. */
export function composeBaseTests(
  repository: Pick<RunRepository, 'composeTree'>,
  head: string,
  { files, manifests = [] }: TestsOfChange,
): Promise<string> {
  const edits = files.map(
    ({ path, old_mode: mode, old_blob: blob }): TreeEdit => ({
      path,
      put: mode === null || blob === null ? null : { mode, blob },
    }),
  )
  return repository.composeTree(head, [...edits, ...manifests])
}

/** What the tests of the base commit say of the proposed sources. */
export interface BentTests {
  /** Passed on the base commit and fail now, while the proposed tests say nothing against the same sources. */
  readonly bent: readonly TestResult[]
  /** Passed on the base commit and give no result now, such as tests of a function that is gone. */
  readonly unreadable: readonly string[]
}

/** Compares by test id. What fails with the proposed tests too is the verification's business. */
export function bentTests(before: VerificationReport, mixed: VerificationReport, after: VerificationReport): BentTests {
  const [old, now, own] = [before, mixed, after].map(byId)
  const bent: TestResult[] = []
  const unreadable: string[] = []
  for (const [id, { outcome }] of old ?? []) {
    if (outcome !== 'passed' || isFailure(own?.get(id))) continue
    const found = now?.get(id)
    if (isFailure(found)) bent.push(found)
    else if (found === undefined && mixed.outcome !== 'unavailable') unreadable.push(id)
  }
  return { bent, unreadable }
}

const isFailure = (test: TestResult | undefined): test is TestResult =>
  test?.outcome === 'failed' || test?.outcome === 'error'

const byId = ({ phases }: VerificationReport): ReadonlyMap<string, TestResult> =>
  new Map(phases.flatMap(({ tests }) => tests).map((test) => [test.id, test]))
