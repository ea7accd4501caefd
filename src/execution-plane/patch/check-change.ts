import type { Change, FileChange } from '#domain/change'
import type { Verdict } from '#domain/gate'
import type { RunId } from '#domain/ids'
import type { RunState } from '#domain/run'
import type { Task } from '#domain/task'
import type { CapturedTree, Policy, Redactor, RunRepository } from '#ports'
import { checkBoundary } from './boundary.ts'
import { contentOf, type ChangedFile } from './changed-file.ts'
import { checkSecrets } from './secrets.ts'
import { checkSpecialFiles } from './special-files.ts'
import { checkTestIntegrity } from './test-integrity/check-test-integrity.ts'

/** What is asked of the gates that look at a change alone. */
export interface ChangeCheck {
  readonly task: Task
  readonly run_id: RunId
  readonly state: RunState
  readonly change: Change
  /** Entries that capture could not take into the tree. */
  readonly refused: CapturedTree['refused']
  readonly repository: Pick<RunRepository, 'readFile' | 'listFiles'>
  readonly policy: Policy
  readonly redactor: Redactor
}

/** A change with both contents of each path and every path of the proposed tree. */
export interface ReadChange extends ChangeCheck {
  readonly files: readonly ChangedFile[]
  readonly paths: readonly string[]
}

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
