import type { FileChange } from '#domain/change'
import type { BoundaryCheck, Verdict } from '#domain/gate'
import { dependencyVerdict, readDependencies, type DependencyReading } from '#execution-plane/dependencies'
import { checkBoundary } from './boundary.ts'
import type { ChangeCheck, ReadChange } from './change-check.ts'
import { contentOf, type ChangedFile } from './changed-file.ts'
import { checkConstraints } from './constraints/check-constraints.ts'
import { namedChecks } from './named-checks.ts'
import { checkSecrets } from './secrets.ts'
import { checkSpecialFiles } from './special-files.ts'
import { checkTestIntegrity } from './test-integrity/check-test-integrity.ts'

/** What the gates over a change say, and each of their checks by name. */
export interface ExaminedChange {
  readonly verdicts: readonly Verdict[]
  readonly checks: readonly BoundaryCheck[]
  /** What no rule could decide, one sentence each. */
  readonly attention: readonly string[]
}

/** The verdicts of `examineChange` alone. */
export async function checkChange(check: ChangeCheck): Promise<readonly Verdict[]> {
  return (await examineChange(check)).verdicts
}

/**
 * The gates over a proposed change: boundary, protected files, secrets, special files, dependencies and test integrity,
 * in this order. Deterministic: the same trees, task, policy and reading of dependencies give the same verdicts. Contents
 * are read from the trees, so no attribute, diff driver or patch text decides what is seen.
 */
export async function examineChange(check: ChangeCheck): Promise<ExaminedChange> {
  const read = await readChange(check)
  const [scope, protectedFiles] = checkBoundary(read)
  const { dependencies = await withoutRegistries(read) } = check
  const constraints = await checkConstraints(read, dependencies.reading)
  const verdicts = [
    constraints.verdictWith(scope),
    protectedFiles,
    await checkSecrets(read),
    checkSpecialFiles(read),
    constraints.verdictWith(dependencies.verdict),
    await checkTestIntegrity(read),
  ]
  const checks = [...namedChecks(read, verdicts), ...constraints.checks, ...(dependencies.reading?.checks ?? [])]
  return { verdicts, checks, attention: constraints.attention }
}

/** Reads both contents of every changed path, and the paths of the proposed tree. */
async function readChange(check: ChangeCheck): Promise<ReadChange> {
  const { repository, change } = check
  const files: ChangedFile[] = []
  for (const file of change.files) files.push(await readBoth(check, file))
  const paths = (await repository.listFiles(change.head_tree)).map((entry) => entry.path)
  return { ...check, files, paths }
}

/** Where nobody looked anything up: what would have to be is unavailable, never fine. */
async function withoutRegistries({ files, paths, repository, change, task }: ReadChange) {
  const reading: DependencyReading | undefined = await readDependencies({
    files: files.map(({ change: { path }, before, after }) => ({ path, before: before?.bytes, after: after?.bytes })),
    paths,
    read: (path) => repository.readFile(change.head_tree, path),
    is_dependency_task: isDependencyTask(task),
    now: 0,
    signal: new AbortController().signal,
  })
  return { reading, verdict: dependencyVerdict(reading) }
}

/** True where somebody whom an operator trusts asked for a change of dependencies itself. */
export const isDependencyTask = ({ capability, trust }: Pick<ChangeCheck['task'], 'capability' | 'trust'>): boolean =>
  /(?:^|[._-])dependenc(?:y|ies)/.test(capability) && ['operator', 'merged', 'member'].includes(trust)

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
