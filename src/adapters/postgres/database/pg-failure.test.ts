import { describe, expect, test } from 'vitest'
import { GanderError } from '#domain/failure'
import { pgFailure } from './pg-failure.ts'

const raised = (code: string, message = 'words of the server') => Object.assign(new Error(message), { code })

describe('pgFailure', () => {
  test.each([
    ['53100', 'storage_full', false],
    ['ECONNREFUSED', 'database_unavailable', true],
    ['57P01', 'database_unavailable', true],
    ['57P03', 'database_unavailable', true],
    ['08006', 'database_unavailable', true],
    ['53300', 'database_unavailable', true],
    ['28P01', 'database_unavailable', false],
    ['3D000', 'database_unavailable', false],
    ['23514', 'internal', false],
    ['42501', 'internal', false],
  ])('%s is %s', (condition, code, retryable) => {
    expect(pgFailure(raised(condition))).toMatchObject({ code, retryable })
  })

  test('a connection that ended without a condition is unavailable, and our own errors stay what they are', () => {
    const gone = [
      'Connection terminated unexpectedly',
      'Client has encountered a connection error and is not queryable',
    ]
    for (const words of gone)
      expect(pgFailure(new Error(words))).toMatchObject({ code: 'database_unavailable', retryable: true })
    const own = new GanderError('run_not_found', 'none')
    expect(pgFailure(own)).toBe(own)
    expect(pgFailure('text')).toBe('text')
  })
})
