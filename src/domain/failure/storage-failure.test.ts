import { expect, test } from 'vitest'
import { GanderError } from './gander-error.ts'
import { storageFailure } from './storage-failure.ts'

const refusal = (code: string) => Object.assign(new Error(code), { code })

test.each([
  ['ENOSPC', 'storage_full', true],
  ['EDQUOT', 'storage_full', true],
  ['EROFS', 'storage_unwritable', false],
])('%s of a file system is %s', (code, expected, retryable) => {
  const cause = refusal(code)
  expect(storageFailure(cause, '/srv/x')).toMatchObject({ code: expected, retryable, cause, facts: { path: '/srv/x' } })
})

test('what no file system says, and what already has a code, comes back as it was', () => {
  for (const error of ['text', undefined, new Error('x'), refusal('ENOENT'), new GanderError('usage', 'x')])
    expect(storageFailure(error, '/srv/x')).toBe(error)
})

test('a code the caller names means that the path cannot be had', () => {
  expect(storageFailure(refusal('ENOENT'), '/srv/x', ['ENOENT'])).toMatchObject({ code: 'storage_unwritable' })
})
