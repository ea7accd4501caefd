import { addedLines, removedLines, type ChangedText } from './changed-text.ts'
import type { IntegrityFinding } from './integrity-finding.ts'

/** A constant whose name says how far off a check may be, and its number. */
const CONSTANT =
  /^[\w\s:<>]*?\b(\w*(?:toleran|epsilon|_tol|tol_|delta)\w*|tol|eps)\b(?:\s*:\s*\w+)?\s*:?=\s*(-?[\d._]+(?:e-?\d+)?)f?;?\s*(?:#.*|\/\/.*)?$/i

/** Constants of a test file by which its checks may be further off than before. */
export function constantFindings(file: ChangedText): readonly IntegrityFinding[] {
  const was = new Map(removedLines(file).flatMap(({ text }) => constantOf(text)))
  return addedLines(file).flatMap(({ line, text }): readonly IntegrityFinding[] =>
    constantOf(text).flatMap(([name, value]) => {
      const before = was.get(name)
      const message = `${name} lets checks be off by ${value} instead of ${before}`
      return before === undefined || value <= before
        ? []
        : [{ rule: 'test.tolerance_widened', path: file.path, line, severity: 'error', message }]
    }),
  )
}

function constantOf(text: string): readonly (readonly [name: string, value: number])[] {
  const [, name, number] = CONSTANT.exec(text.slice(0, 200)) ?? []
  return name === undefined || number === undefined ? [] : [[name, Number(number.replaceAll('_', ''))]]
}
