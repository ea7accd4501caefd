import type { Execution } from './execution.ts'

/**
 * The key of a step that rests on policy: another one once policy has changed, so that a resumed run asks anew and does
 * not read the old answer from its record.
 */
export function underPolicy({ parts }: Pick<Execution, 'parts'>, key: string): string {
  const { run_policy } = parts
  const isPlain = run_policy === undefined || run_policy.effective.documents.length === 0
  return isPlain ? key : `${key}@${run_policy.version.slice(0, 12)}`
}
