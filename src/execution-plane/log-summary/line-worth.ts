import { SIGN } from './line-signs.ts'

/** What signs are worth by common sense, for kinds of logs that nobody annotated. */
const WORTHS: readonly (readonly [number, number])[] = [
  [SIGN.failed_test, 3],
  [SIGN.trace_head, 3],
  [SIGN.compiler, 2.5],
  [SIGN.assertion, 2],
  [SIGN.prefixed, 2],
  [SIGN.tool_error, 2],
  [SIGN.killed, 2],
  [SIGN.lint, 1],
  [SIGN.frame, 0.7],
  [SIGN.missing, 1],
  [SIGN.exception, 1],
  [SIGN.red, 2],
  [SIGN.pointer, 1],
  [SIGN.weak_fail, 0.7],
  [SIGN.weak_error, 0.7],
  [SIGN.exit, 1],
  [SIGN.warning, -1.5],
  [SIGN.none_failed, -3],
  [SIGN.passed, -3],
  [SIGN.progress, -2],
  [SIGN.green, -2],
  [SIGN.table, -1.5],
  [SIGN.fold, -3],
  [SIGN.after_end, -2],
]

/** The sum of what a line's signs are worth. */
export function worthOf(signs: number): number {
  let sum = 0
  for (const [sign, worth] of WORTHS) if ((signs & sign) !== 0) sum += worth
  return sum
}
