import { expect, test } from 'vitest'
import { GanderError } from '#domain/failure'
import { describeFailure } from './failure-text.ts'

const whyOf = (message: string) => describeFailure(new GanderError('usage', message)).why

test('the reason of a failure begins with a capital', () => {
  expect(whyOf('The file cannot be read: there is no such file.')).toBe('There is no such file.')
})

test('a name that somebody typed keeps its letters at the beginning of a reason', () => {
  expect(whyOf('it fits 2 runs: run_01a, run_01b.')).toBe('run_01a, run_01b.')
  expect(whyOf('There is no artifact nope: index.js is one.')).toBe('index.js is one.')
})
