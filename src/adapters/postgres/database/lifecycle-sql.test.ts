import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lifecycleSql } from './lifecycle-sql.ts'

const FOLDER = join(import.meta.dirname, '..', 'migrations')

test('the last migration about the lifecycle is what RUN_LIFECYCLE makes', () => {
  const last = readdirSync(FOLDER)
    .filter((name) => name.endsWith('_run_lifecycle.sql'))
    .sort()
    .at(-1)
  expect(readFileSync(join(FOLDER, last ?? ''), 'utf8')).toBe(lifecycleSql())
})
