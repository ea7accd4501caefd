import { ok, refuse, type Result } from '#domain/result'
import type { Task } from '#domain/task'
import type { PolicyEngine } from '#ports'
import { compileLevels } from '../levels/compile-policy.ts'
import type { CompiledLevel } from '../levels/compile-level.ts'
import { readPolicy } from '../levels/read-policy.ts'

const MOST_TEXT = 65_536

/** Where the policies of an order are written; decisions name them so. */
const PLACES = [
  { level: 'task', name: 'task_policy', where: 'the `policy` of the task' },
  { level: 'run', name: 'run_policy', where: 'the policy that was given with --policy' },
] as const

/**
 * The levels that came with a task: its own and its run's. What is in them can only take away; one that can't be read is
 * told with every problem, and nothing is allowed by it.
 */
export async function orderLevels(
  { policies = {} }: Pick<Task, 'policies'>,
  engine: () => Promise<PolicyEngine>,
): Promise<Result<readonly CompiledLevel[], readonly string[]>> {
  const problems: string[] = []
  const levels: CompiledLevel[] = []
  for (const { level, name, where } of PLACES) {
    const text = policies[level]
    if (text === undefined) continue
    const read =
      text.length > MOST_TEXT
        ? refuse([`it is longer than ${MOST_TEXT} characters`])
        : readPolicy(text, { level, name })
    const compiled = read.ok
      ? compileLevels(
          read.value.documents,
          read.value.documents.every(({ cedar }) => cedar === null) ? undefined : await engine(),
        )
      : read
    if (compiled.ok) levels.push(...compiled.value)
    else problems.push(...compiled.refusal.map((problem) => `${where}: ${problem}`))
  }
  return problems.length > 0 ? refuse(problems) : ok(levels)
}
