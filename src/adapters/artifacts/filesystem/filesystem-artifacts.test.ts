import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, test } from 'vitest'
import { createFilesystemArtifacts } from './filesystem-artifacts.ts'

const home = mkdtempSync(join(tmpdir(), 'gander-artifacts-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const artifacts = createFilesystemArtifacts({ home })
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

test('bytes come back under their hash, text as UTF-8', async () => {
  expect(await artifacts.put('grüße\n')).toEqual({ sha256: sha256('grüße\n'), bytes: 8 })
  expect(Buffer.from((await artifacts.get(sha256('grüße\n'))) ?? '').toString()).toBe('grüße\n')
  const empty = await artifacts.put(new Uint8Array())
  expect(await artifacts.get(empty.sha256)).toHaveLength(0)
})

test('putting the same bytes from many places at once leaves one file', async () => {
  await Promise.all(Array.from({ length: 20 }, () => artifacts.put('same')))
  expect(readdirSync(join(home, 'artifacts', sha256('same').slice(0, 2)))).toEqual([sha256('same').slice(2)])
})

test('an unknown or malformed address is nothing, and never a path', async () => {
  expect(await artifacts.get(sha256('never'))).toBeUndefined()
  expect(await artifacts.get('../../etc/passwd')).toBeUndefined()
  expect(await artifacts.locate('../../etc/passwd')).toBeUndefined()
  expect(await artifacts.locate(sha256('never'))).toBeUndefined()
})

test('bytes that were changed on disk are reported, and mended by putting them again', async () => {
  const { sha256: address } = await artifacts.put('to be damaged')
  const path = (await artifacts.locate(address)) ?? ''
  chmodSync(path, 0o600)
  writeFileSync(path, 'damaged')
  await expect(artifacts.get(address)).rejects.toMatchObject({ code: 'artifact_corrupt' })
  await artifacts.put('to be damaged')
  expect(Buffer.from((await artifacts.get(address)) ?? '').toString()).toBe('to be damaged')
})

test('a folder that is a file is reported as unwritable', async () => {
  const elsewhere = join(home, 'blocked')
  writeFileSync(elsewhere, '')
  await expect(createFilesystemArtifacts({ home: elsewhere }).put('x')).rejects.toMatchObject({
    code: 'storage_unwritable',
  })
})

test.skipIf(process.getuid?.() !== 0)(
  'a full disk is reported as full (skipped without root: it mounts one)',
  async () => {
    const full = mkdtempSync(join(tmpdir(), 'gander-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', full])
    try {
      const store = createFilesystemArtifacts({ home: full })
      await expect(store.put(Buffer.alloc(1_000_000, 'x'))).rejects.toMatchObject({
        code: 'storage_full',
        retryable: true,
      })
      await store.put('still fits')
      expect(
        readdirSync(join(full, 'artifacts')).flatMap((name) => readdirSync(join(full, 'artifacts', name))),
      ).toHaveLength(1)
    } finally {
      execFileSync('umount', [full])
      rmSync(full, { recursive: true })
    }
  },
)
