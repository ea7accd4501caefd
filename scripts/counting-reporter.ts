import { writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** What a test run came to. */
export interface TestCounts {
  readonly passed: number
  readonly failed: number
  /** Full names, with the reason where the test said one. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  /** The files that took longest, slowest first. */
  readonly slowest: readonly { readonly file: string; readonly seconds: number }[]
}

const SLOWEST = 12

/** Counts tests over all projects; a file that cannot be read and an error outside of tests count as failures. */
export function countTests(modules: readonly TestModule[], errors: readonly SerializedError[]): TestCounts {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const inState = (state: string) => tests.filter((test) => test.result().state === state)
  const broken = modules.filter((module) => module.errors().length > 0).length
  const suites = modules.flatMap((module) => [...module.children.allSuites()])
  const brokenSuites = suites.filter((suite) => suite.errors().length > 0).length
  return {
    passed: inState('passed').length,
    failed: inState('failed').length + inState('pending').length + broken + brokenSuites + errors.length,
    skipped: inState('skipped').map((test) => {
      const result = test.result()
      return { name: test.fullName, reason: ('note' in result ? result.note : undefined) ?? '' }
    }),
    slowest: modules
      .map((module) => ({ file: module.relativeModuleId, seconds: Math.round(module.diagnostic().duration / 1000) }))
      .toSorted((one, other) => other.seconds - one.seconds)
      .slice(0, SLOWEST),
  }
}

/** Writes the counts to the file that GANDER_TEST_COUNTS names, for `scripts/run-tests.ts`. */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const file = process.env['GANDER_TEST_COUNTS']
    if (file !== undefined) writeFileSync(file, JSON.stringify(countTests(modules, errors)))
  }
}
