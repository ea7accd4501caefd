import type { Finding } from '#domain/gate'
import { addedLines, removedLines, type AddedLine, type ChangedFile } from '../changed-file.ts'
import { isAssertion, isLoosened, isTrivial, strength } from './assertions.ts'
import { languageOf } from './test-files.ts'

/** One way to write many checks; fewer lines then check the same. */
const TABLE =
  /\.each\b|parametrize\b|ParameterizedTest|\bfor\s*\(|^\s*for\s+\w+.*\bin\b|\bforEach\b|subTest\(|\[(?:Theory|InlineData)|range\s+\w+/

/** Assertions that an existing test file lost or that now say less. Lines that moved to other test files are kept. */
export function assertionFindings(tests: readonly ChangedFile[]): readonly Finding[] {
  const moved = new Set(tests.flatMap((file) => addedLines(file).map(({ text }) => text.trim())))
  return tests.flatMap((file) => {
    const language = languageOf(file.change.path)
    if (language === undefined || file.after === undefined) return []
    const added = addedLines(file)
    const checks = added.filter(({ text }) => isAssertion(text, language))
    const trivial = added
      .filter(({ text }) => isTrivial(text))
      .map((line) => finding('test.trivial_assertion', file, line, 'holds whatever the code does'))
    if (file.before === undefined) return trivial
    const lost = removedLines(file).filter(({ text }) => isAssertion(text, language) && !moved.has(text.trim()))
    const tabled = added.some(({ text }) => TABLE.test(text))
    return [...trivial, ...compared(file, lost, checks, tabled)]
  })
}

/** Each lost check is set against the new one that is most like it; what is left over was taken out. */
function compared(
  file: ChangedFile,
  lost: readonly AddedLine[],
  added: readonly AddedLine[],
  tabled: boolean,
): readonly Finding[] {
  const free = added.filter(({ text }) => !isTrivial(text))
  const findings: Finding[] = []
  const unmatched: AddedLine[] = []
  for (const old of lost) {
    const best = mostAlike(old, free)
    if (best === undefined) {
      unmatched.push(old)
      continue
    }
    free.splice(free.indexOf(best), 1)
    if (strength(best.text) < strength(old.text))
      findings.push(finding('test.assertion_weakened', file, best, `says less than before: ${shown(old.text)}`))
    else if (isLoosened(old.text, best.text))
      findings.push(finding('test.tolerance_widened', file, best, `allows more than before: ${shown(old.text)}`))
    else
      findings.push({
        ...finding('test.expectation_changed', file, best, `was: ${shown(old.text)}`),
        severity: 'warning',
      })
  }
  const removed = unmatched.map(
    (line): Finding => ({
      ...finding('test.assertion_removed', file, line, `is taken out of ${file.change.path}`),
      severity: tabled ? 'warning' : 'error',
    }),
  )
  return [...findings, ...removed]
}

function mostAlike(old: AddedLine, candidates: readonly AddedLine[]): AddedLine | undefined {
  const words = new Set(old.text.match(/\w+/g))
  let best: AddedLine | undefined
  let most = 0
  for (const candidate of candidates.slice(0, 400)) {
    const shared = (candidate.text.match(/\w+/g) ?? []).filter((word) => words.has(word)).length
    if (shared > most || best === undefined) [best, most] = [candidate, shared]
  }
  return best
}

const finding = (rule: string, file: ChangedFile, line: AddedLine, said: string): Finding => ({
  rule,
  path: file.change.path,
  line: line.line,
  message: `${shown(line.text)} ${said}`,
  severity: 'error',
})

const shown = (text: string): string => JSON.stringify(text.trim().slice(0, 140))
