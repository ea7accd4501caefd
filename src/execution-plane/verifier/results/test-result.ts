import { createHash } from 'node:crypto'
import type { TestOutcome, TestResult } from '#domain/verification'

const LONGEST_ID = 400
const LONGEST_MESSAGE = 4_000
const MOST_LOOKED_AT = 100_000

interface Parts {
  readonly file?: string | undefined
  readonly names: readonly string[]
  readonly outcome: TestOutcome
  readonly duration_ms?: number | undefined
  readonly message?: string | undefined
  readonly line?: number | undefined
}

/** Makes a result with the id `file::suite::name`; where the runner gives no file, the suites alone. */
export function testResult({ file, names, outcome, duration_ms, message, line }: Parts): TestResult {
  const path = file === undefined || file === '' ? undefined : repositoryPath(file)
  const id = [...(path === undefined ? [] : [path]), ...names.filter((name) => name !== '')].join('::')
  const said = message === undefined ? '' : message.trim()
  return {
    id: bounded(oneLine(id)),
    outcome,
    ...(duration_ms !== undefined && Number.isFinite(duration_ms) ? { duration_ms: Math.round(duration_ms) } : {}),
    ...(said === '' ? {} : { message: said.slice(0, LONGEST_MESSAGE) }),
    ...(path === undefined ? {} : { file: path }),
    ...(line !== undefined && Number.isInteger(line) && line > 0 ? { line } : {}),
  }
}

/** A path below the repository root, whatever folder it was checked out in. */
export function repositoryPath(file: string): string {
  return file
    .replace(/^file:\/\//, '')
    .replace(/^\/workspace\//, '')
    .replace(/^\.\//, '')
}

/** True for the stand-in of a test binary that ended before its tests did: a crash, which shows nothing about a test. */
export const endedEarly = ({ id }: Pick<TestResult, 'id'>): boolean => /(?:^|::)\((?:package|target)\)$/.test(id)

/** Control characters and marks that turn the direction of text would show a name as another one. */
const oneLine = (text: string): string =>
  text
    .slice(0, MOST_LOOKED_AT)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .replaceAll(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .trim()

/** A name that is cut ends in its hash, so that two long ones stay two. */
const bounded = (id: string): string =>
  id.length <= LONGEST_ID
    ? id
    : `${id.slice(0, LONGEST_ID - 13)}~${createHash('sha256').update(id).digest('hex').slice(0, 12)}`

/** A stand-in for tests that were lost: the process that ran them told less than it should have. */
export const lostTests = (names: readonly string[], message: string): TestResult =>
  testResult({ names: [...names, '(target)'], outcome: 'error', message })
