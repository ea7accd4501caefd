import type { TestOutcome, TestResult } from '#domain/verification'
import { testResult } from './test-result.ts'

const LINE =
  /^(\w+) \(([\w.]+)\)(?:[^\n]{0,400}?)? \.\.\. (ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b/
const DESCRIBED = /^[^\n]{0,400}? \.\.\. (ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b/
const OUTCOMES: Readonly<Record<string, TestOutcome>> = {
  ok: 'passed',
  FAIL: 'failed',
  ERROR: 'error',
  skipped: 'skipped',
  'expected failure': 'passed',
  'unexpected success': 'failed',
}

/** Reads the output of `python -m unittest -v`; undefined when its summary line is not there. */
export function parseUnittestText(text: string): readonly TestResult[] | undefined {
  if (!/^Ran \d+ tests? in /m.test(text)) return undefined
  const messages = failureMessages(text)
  const tests: TestResult[] = []
  let waiting: RegExpExecArray | null = null
  for (const line of text.split('\n')) {
    const header = /^(\w+) \(([\w.]+)\)$/.exec(line)
    if (header !== null) {
      waiting = header
      continue
    }
    const plain: RegExpExecArray | null = LINE.exec(line)
    const said = plain?.[3] ?? (waiting === null ? undefined : DESCRIBED.exec(line)?.[1])
    const named: RegExpExecArray | null = plain ?? waiting
    if (said === undefined || named === null) continue
    waiting = null
    const [, method = '', owner = ''] = named
    const path = owner.endsWith(`.${method}`) ? owner.slice(0, -method.length - 1) : owner
    tests.push(
      testResult({
        names: [path, method],
        outcome: OUTCOMES[said] ?? 'error',
        message: messages.get(`${path}.${method}`),
      }),
    )
  }
  return tests
}

function failureMessages(text: string): ReadonlyMap<string, string> {
  const messages = new Map<string, string>()
  for (const part of text.split(/^={70}$/m).slice(1)) {
    const header = /^\s*(?:FAIL|ERROR): (\w+) \(([\w.]+)\)/.exec(part)
    if (header === null) continue
    const [, method = '', owner = ''] = header
    const path = owner.endsWith(`.${method}`) ? owner.slice(0, -method.length - 1) : owner
    messages.set(
      `${path}.${method}`,
      part
        .slice(0, 4_000)
        .replace(/^[\s\S]*?-{70}\n/, '')
        .trim(),
    )
  }
  return messages
}
