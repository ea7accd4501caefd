import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LOCAL_TENANT } from '#domain/ids'
import { createFilesystemArtifacts } from './filesystem-artifacts.ts'
import { tenantHome } from './tenant-home.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-tenants-'))
const other = mkdtempSync(join(tmpdir(), 'gander-tenants-'))
afterAll(() => [home, other].forEach((folder) => rmSync(folder, { recursive: true, force: true })))
const artifactsOf = (tenant: string) => createFilesystemArtifacts({ home: tenantHome(home, tenant) })

test("the installation's own tenant has the home itself, so that what was kept before stays readable", () => {
  expect(tenantHome(home, LOCAL_TENANT)).toBe(home)
})

test('TE-07 the same bytes of two tenants are two files, and neither has what only the other put', async () => {
  const one = artifactsOf('ten_one')
  const two = artifactsOf('ten_two')
  const { sha256 } = await one.put('of the first')
  expect(await two.get(sha256)).toBeUndefined()
  expect(await two.locate(sha256)).toBeUndefined()
  expect(await artifactsOf(LOCAL_TENANT).get(sha256)).toBeUndefined()
  await two.put('of the first')
  expect(await two.locate(sha256)).not.toBe(await one.locate(sha256))
  expect(await one.get(sha256)).toEqual(Buffer.from('of the first'))
})

test('TE-07 a folder is named by a keyed hash: another key names it otherwise, and no tenant is a path', () => {
  expect(tenantHome(home, 'ten_one')).toBe(tenantHome(home, 'ten_one'))
  expect(tenantHome(other, 'ten_one').slice(other.length)).not.toBe(tenantHome(home, 'ten_one').slice(home.length))
  expect(tenantHome(home, '../../etc')).toMatch(/\/tenants\/[0-9a-f]{32}$/)
  expect(readdirSync(join(home, 'tenants')).join()).not.toContain('ten_')
  expect(statSync(join(home, 'tenant-folders.key')).mode & 0o777).toBe(0o600)
})
