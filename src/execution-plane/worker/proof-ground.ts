import type { FileChange } from '#domain/change'
import type { TestResult, VerificationReport } from '#domain/verification'
import { isTestFile } from '#execution-plane/patch'
import { isTestOf, wordsOf, type ChangedText, type RelationGround } from '#execution-plane/verifier'
import { need, type Execution } from './execution.ts'

const MOST_FILES = 200
const MOST_BYTES = 500_000
/** So many test files that the change leaves alone are read to see what turned green. */
const MOST_OTHERS = 30

/** A change taken apart, as it is on both sides. */
export interface ProofTexts {
  readonly code: readonly ChangedText[]
  readonly tests: readonly ChangedText[]
}

/** Reads what a change touched; a file that is too large has no text. */
export async function readProofTexts(
  execution: Execution,
  parts: { readonly tests: readonly FileChange[]; readonly code: readonly FileChange[] },
): Promise<ProofTexts> {
  const { base_tree, head_tree } = need(execution, 'change')
  const texts = (files: readonly FileChange[]) =>
    Promise.all(
      files.slice(0, MOST_FILES).map(async ({ path, kind }): Promise<ChangedText> => {
        const before = kind === 'added' ? '' : await textAt(execution, base_tree, path)
        return { path, before, after: kind === 'deleted' ? '' : await textAt(execution, head_tree, path) }
      }),
    )
  const [code, tests] = await Promise.all([texts(parts.code), texts(parts.tests)])
  return { code, tests }
}

/** What tests are held against to see whether they have to do with the change; reads the files of what turned green. */
export async function relationGround(
  execution: Execution,
  { code, tests }: ProofTexts,
  [base, head]: readonly [VerificationReport, VerificationReport],
): Promise<RelationGround> {
  const own = new Set(tests.map(({ path }) => path))
  const turned = turnedGreen(base, head).slice(0, MOST_OTHERS)
  const others = new Map<string, string>()
  if (turned.length > 0) {
    const listed = await need(execution, 'repository').listFiles(need(execution, 'change').head_tree)
    const files = listed.filter(({ path, bytes }) => bytes <= MOST_BYTES && isTestFile(path) && !own.has(path))
    for (const { path } of files.slice(0, 2_000)) {
      if (others.size === MOST_OTHERS) break
      // Go and Rust name no file: there the text tells, and it is asked about when it is there.
      const byText = /\.(?:go|rs)$/.test(path)
      if (byText || turned.some((test) => isTestOf(test, path, '')))
        others.set(path, await textAt(execution, need(execution, 'change').head_tree, path))
    }
  }
  return { task: wordsOf(execution.task), code, tests, others }
}

function turnedGreen(base: VerificationReport, head: VerificationReport): readonly TestResult[] {
  const now = new Map(head.phases.flatMap((phase) => phase.tests).map((test) => [test.id, test.outcome]))
  return base.phases
    .flatMap((phase) => phase.tests)
    .filter(({ id, outcome }) => (outcome === 'failed' || outcome === 'error') && now.get(id) === 'passed')
}

async function textAt(execution: Execution, tree: string, path: string): Promise<string> {
  const bytes = await need(execution, 'repository').readFile(tree, path)
  return bytes === undefined || bytes.byteLength > MOST_BYTES ? '' : new TextDecoder().decode(bytes)
}
