import { z } from 'zod'
import type { TestResult } from '#domain/verification'
import { testResult } from './test-result.ts'

const assertion = z.object({
  ancestorTitles: z.array(z.string()).catch([]).default([]),
  title: z.string().catch(''),
  status: z.string().catch(''),
  duration: z.number().nullish().catch(null),
  location: z.object({ line: z.number() }).nullish().catch(null),
  failureMessages: z.array(z.string()).nullish().catch(null),
})
const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string().catch(''),
      status: z.string().optional().catch(undefined),
      message: z.string().nullish().catch(null),
      assertionResults: z.array(assertion).catch([]).default([]),
    }),
  ),
})
const OUTCOMES: Readonly<Record<string, TestResult['outcome']>> = {
  passed: 'passed',
  failed: 'failed',
  error: 'error',
  pending: 'skipped',
  skipped: 'skipped',
  todo: 'skipped',
  disabled: 'skipped',
  focused: 'passed',
}

/** Reads what `jest --json`, vitest's json reporter and the platform's own reporters write. */
export function parseJestJson(text: string): readonly TestResult[] | undefined {
  const parsed = report.safeParse(parseJson(text))
  if (!parsed.success) return undefined
  return parsed.data.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.map((test) =>
      testResult({
        file: name,
        names: [...test.ancestorTitles, test.title],
        outcome: OUTCOMES[test.status] ?? 'error',
        duration_ms: test.duration ?? undefined,
        message: test.failureMessages?.join('\n'),
        line: test.location?.line,
      }),
    )
    const failsToLoad =
      status === 'failed' && !tests.some((test) => test.outcome === 'failed' || test.outcome === 'error')
    return failsToLoad
      ? [
          ...tests,
          testResult({
            file: name,
            names: ['(file)'],
            outcome: 'error',
            message: message ?? 'the file could not be run',
          }),
        ]
      : tests
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
