import type { FileChange } from '#domain/change'
import type { RunRepository, TreeEdit } from '#ports'
import { withInlineTests } from './inline-tests.ts'

/** Documents and what belongs to them: no test can be red without them. */
const DOCUMENT =
  /\.(?:md|mdx|rst|adoc|txt)$|(?:^|\/)(?:docs?|documentation)\/|(?:^|\/)(?:LICENSE|NOTICE|AUTHORS|CHANGELOG)[^/]*$/i
/** What lies among tests and is read by them. */
const FIXTURES = /(?:^|\/)(?:__tests__|__fixtures__|__mocks__|tests?|specs?|testdata|fixtures)\//

/** A change taken apart: its tests with what they read, and the rest that is no document. */
export interface ChangeParts {
  readonly tests: readonly FileChange[]
  readonly code: readonly FileChange[]
}

/** Takes a change apart; `isTest` is the platform's rule of what a test file is. */
export function partsOfChange(files: readonly FileChange[], isTest: (path: string) => boolean): ChangeParts {
  const ofTests = ({ path }: FileChange) => isTest(path) || FIXTURES.test(path)
  return {
    tests: files.filter(ofTests),
    code: files.filter((file) => !ofTests(file) && !DOCUMENT.test(file.path)),
  }
}

/**
 * Writes the base with nothing but the tests of the head: test files as they are there, and tests inside a source file put
 * into the base's own. Undefined where that is the base itself.
 */
export async function composeRed(
  repository: Pick<RunRepository, 'composeTree' | 'readFile'>,
  { base, head }: { readonly base: string; readonly head: string },
  { tests, code }: ChangeParts,
): Promise<string | undefined> {
  const edits: TreeEdit[] = tests.map(({ path, new_mode: mode, new_blob: blob }) => ({
    path,
    put: mode === null || blob === null ? null : { mode, blob },
  }))
  for (const { path, kind } of code) {
    if (kind !== 'modified' || !path.endsWith('.rs')) continue
    const [before, after] = await Promise.all([repository.readFile(base, path), repository.readFile(head, path)])
    const content = withInlineTests(textOf(before), textOf(after))
    if (content !== undefined) edits.push({ path, put: { content } })
  }
  if (edits.length === 0) return undefined
  const tree = await repository.composeTree(base, edits)
  return tree === base ? undefined : tree
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array())
