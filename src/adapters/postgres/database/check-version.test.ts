import { expect, test } from 'vitest'
import { checkVersion } from './check-version.ts'

test('PostgreSQL 14 is too old, and 15 and its successors are not', () => {
  expect(() => checkVersion(140_017, '14.17')).toThrow(/PostgreSQL 14\.17; Gander needs 15/)
  expect(() => checkVersion(150_000, '15.0')).not.toThrow()
  expect(() => checkVersion(180_004, '18.4')).not.toThrow()
})
