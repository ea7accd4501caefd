import { isUncompiled, type ProvedTest, type VerificationReport } from '#domain/verification'
import { declarations } from './declarations.ts'
import { hasWord, type ChangedText } from './relations.ts'

/** What decides whether a fix may be shown by tests that cannot even run without it. */
interface AbsenceFacts {
  readonly tests: readonly ProvedTest[]
  readonly base: VerificationReport
  readonly task: string
  readonly code: readonly ChangedText[]
  readonly test_texts: readonly ChangedText[]
}

/** Whether red by absence is enough for a fix, with the reason. */
interface AbsenceTerms {
  readonly is_enough: boolean
  readonly reason: string
}

/**
 * A fix mends what is there, so its test can be written against what is there and fail by what it sees. Only where that
 * cannot be is it enough that the test does not run: the base commit does not compile, the change brings nothing but new
 * files, the task itself asks for the name that is missing, or the change alters how something is called.
 */
export function absenceTerms({ tests, base, task, code, test_texts }: AbsenceFacts): AbsenceTerms | undefined {
  const absent = tests.filter(({ proof }) => proof === 'red_by_absence')
  if (absent.length === 0) return undefined
  const enough = (reason: string): AbsenceTerms => ({ is_enough: true, reason })
  if (base.phases.some((phase) => phase.required && isUncompiled(phase)))
    return enough('the base commit does not compile, so no test could fail on it in another way')
  if (code.length > 0 && code.every(({ before }) => before === ''))
    return enough('the change brings nothing but new files, so there was nothing to test before')
  const missing = [...new Set(absent.flatMap((test) => test.missing ?? []))]
  const asked = missing.find((name) => hasWord(task, name))
  if (asked !== undefined) return enough(`the task asks for ${asked}, which is not there without the change`)
  const altered = code.flatMap(alteredDeclarations).find((name) => test_texts.some(({ after }) => hasWord(after, name)))
  if (altered !== undefined)
    return enough(`the change alters how ${altered} is called, so its tests cannot be built before`)
  const lacks = missing.length === 0 ? '' : ` (they lack ${missing.slice(0, 5).join(', ')})`
  return {
    is_enough: false,
    reason: `a fix mends what is there, and its tests do not run without it${lacks}; test the behaviour through what the base commit has`,
  }
}

/** Names of functions whose line of declaration is another one with the change. */
function alteredDeclarations({ before, after }: ChangedText): readonly string[] {
  const old = declarations(before)
  return [...declarations(after)]
    .filter(([name, line]) => line.includes('(') && old.has(name) && old.get(name) !== line)
    .map(([name]) => name)
}
