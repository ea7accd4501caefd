import type { FileChange } from '#domain/change'
import type { Verdict } from '#domain/gate'
import { checkBoundary } from './boundary.ts'
import type { ChangeCheck, ReadChange } from './change-check.ts'
import { contentOf, type ChangedFile } from './changed-file.ts'
import { checkSecrets } from './secrets.ts'
import { checkSpecialFiles } from './special-files.ts'
import { checkTestIntegrity } from './test-integrity/check-test-integrity.ts'

/**
 * The gates over a proposed change: boundary, protected files, secrets, special files and test integrity, in this
 * order. Deterministic: the same trees, task and policy give the same verdicts. Contents are read from the trees, so
 * no attribute, diff driver or patch text decides what is seen.
 */
export async function checkChange(check: ChangeCheck): Promise<readonly Verdict[]> {
  const { repository, change } = check
  const files: ChangedFile[] = []
  for (const file of change.files) files.push(await readBoth(check, file))
  const paths = (await repository.listFiles(change.head_tree)).map((entry) => entry.path)
  const read: ReadChange = { ...check, files, paths }
  const [boundary, protectedFiles] = checkBoundary(read)
  return [boundary, protectedFiles, await checkSecrets(read), checkSpecialFiles(read), checkTestIntegrity(read)]
}

async function readBoth({ repository, change }: ChangeCheck, file: FileChange): Promise<ChangedFile> {
  const content = async (tree: string, mode: string | null) => {
    if (mode === null || mode === '160000') return undefined
    const bytes = await repository.readFile(tree, file.path)
    return bytes === undefined ? undefined : contentOf(bytes)
  }
  return {
    change: file,
    before: await content(change.base_tree, file.old_mode),
    after: await content(change.head_tree, file.new_mode),
  }
}
