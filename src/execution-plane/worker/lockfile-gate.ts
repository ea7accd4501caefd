import type { Verdict } from '#domain/gate'
import { checkLockfileChange, type LockfileProblem } from '#execution-plane/lockfiles'
import { need, type Execution } from './execution.ts'

/** What the change does to lockfiles that nobody may do, also where the task opens them. */
export async function lockfileProblems(execution: Execution): Promise<readonly LockfileProblem[]> {
  const repository = need(execution, 'repository')
  const { base_tree, head_tree, files } = need(execution, 'change')
  const tree = (id: string) => ({ paths: [], read: (path: string) => repository.readFile(id, path) })
  const changed = files.filter(({ new_mode }) => new_mode?.startsWith('100') === true).map(({ path }) => path)
  return checkLockfileChange(tree(base_tree), tree(head_tree), changed)
}

/** Adds them to what the gate of protected files says. */
export const withLockfiles = (
  verdicts: readonly Verdict[],
  problems: readonly LockfileProblem[],
): readonly Verdict[] =>
  problems.length === 0
    ? verdicts
    : verdicts.map((verdict): Verdict => {
        if (verdict.gate !== 'protected_files') return verdict
        const findings = problems.slice(0, 50).map(({ rule, path, line, message, remedy }) => ({
          rule,
          path,
          line,
          message: `${message}. ${remedy}`,
          severity: 'error' as const,
        }))
        const reason = `a lockfile was changed in a way that nothing vouches for: ${problems[0]?.message ?? ''}`
        return { ...verdict, answer: 'fail', reason, findings: [...verdict.findings, ...findings] }
      })
