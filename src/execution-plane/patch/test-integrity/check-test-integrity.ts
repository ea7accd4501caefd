import type { Finding, Verdict } from '#domain/gate'
import type { Task } from '#domain/task'
import { checkTests } from '#execution-plane/test-integrity'
import { asksForTestRemoval } from '#execution-plane/verifier'
import type { ReadChange } from '../change-check.ts'
import type { Content } from '../changed-file.ts'
import { verdictOf } from '../verdict.ts'

const ASKS_SKIP = /\b(?:skip|disabl|quarantin|ignor|mut)\w*\b[^.\n]{0,80}\b(?:tests?|specs?)\b/i
const asksForSkip = (task: Task): boolean =>
  task.success_criteria.some(({ text }) => ASKS_SKIP.test(text) && !/\b(?:no|not|never|without)\b/i.test(text))
/** Rules that a task can permit by asking for them in its criteria. */
const PERMITTED_BY: readonly (readonly [rule: RegExp, asks: (task: Task) => boolean])[] = [
  [/^test\.(?:removed|renamed_away|assertion_removed)$/, asksForTestRemoval],
  [/^test\.(?:skipped|expected_to_fail)$/, asksForSkip],
]

/**
 * Whether the tests still test. A task whose criteria ask for the removal of a test, or for a skip, may have it, with a
 * warning.
 */
export async function checkTestIntegrity({ files, task }: ReadChange): Promise<Verdict> {
  const findings = await checkTests(
    files.map(({ change, before, after }) => ({ path: change.path, before: textOf(before), after: textOf(after) })),
  )
  return verdictOf('test_integrity', permitted(findings, task), 'the tests test as much as before')
}

const textOf = (content: Content | undefined): string | undefined =>
  content === undefined ? undefined : (content.lines?.join('\n') ?? '')

function permitted(findings: readonly Finding[], task: Task): readonly Finding[] {
  return findings.map((finding) => {
    const asks = PERMITTED_BY.find(([rule]) => rule.test(finding.rule))?.[1]
    if (finding.severity === 'warning' || asks === undefined || !asks(task)) return finding
    return { ...finding, severity: 'warning', message: `${finding.message}; the task's criteria ask for it` }
  })
}
