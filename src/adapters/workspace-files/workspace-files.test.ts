import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WorkspaceFiles } from '#ports'
import { createWorkspaceFiles } from './index.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const uid = process.getuid?.() ?? 0
const gid = process.getgid?.() ?? 0
let outer: string
let root: string
let files: WorkspaceFiles

beforeEach(() => {
  outer = mkdtempSync(join(tmpdir(), 'gander-files-'))
  root = join(outer, 'w')
  mkdirSync(join(root, 'src'), { recursive: true })
  writeFileSync(join(root, 'src/a.txt'), 'one\n')
  writeFileSync(join(outer, 'secret'), 'outside')
  files = createWorkspaceFiles({ path: root, uid, gid })
})
afterEach(() => rmSync(outer, { recursive: true, force: true }))

describe('reading', () => {
  it('gives the bytes, their hash and the mode', async () => {
    const read = await files.read('src/a.txt', 100)
    expect(read).toMatchObject({ ok: true, value: { mode: 0o644 } })
    expect(read.ok && Buffer.from(read.value.bytes).toString()).toBe('one\n')
    expect(read.ok && read.value.sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('a file over the limit is refused and one exactly at it is read', async () => {
    writeFileSync(join(root, 'big'), 'x'.repeat(101))
    writeFileSync(join(root, 'fits'), 'x'.repeat(100))
    expect(await files.read('big', 100)).toMatchObject({ ok: false, refusal: { rule: 'file.too_large' } })
    expect(await files.read('fits', 100)).toMatchObject({ ok: true })
  })

  it.each([
    ['../secret', 'path.invalid'],
    ['/etc/passwd', 'path.invalid'],
    ['src/./a.txt', 'path.invalid'],
    ['src//a.txt', 'path.invalid'],
    ['missing', 'path.not_found'],
    ['nowhere/missing', 'path.not_found'],
    ['src', 'path.not_regular'],
    ['src/a.txt/b', 'path.not_a_folder'],
  ])('%s is refused as %s', async (path, rule) => {
    expect(await files.read(path, 100)).toMatchObject({ ok: false, refusal: { rule } })
  })

  it('links are refused, the last component and any before it', async () => {
    symlinkSync('../secret', join(root, 'leaf'))
    symlinkSync('..', join(root, 'up'))
    symlinkSync('/proc/self/environ', join(root, 'environ'))
    for (const path of ['leaf', 'up/secret', 'environ'])
      expect(await files.read(path, 10_000)).toMatchObject({ ok: false, refusal: { rule: 'path.symlink' } })
  })

  it('pipes and devices are refused at once', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    // A reader that waited for a writer would wait for ever.
    expect(await files.read('pipe', 100)).toMatchObject({ ok: false, refusal: { rule: 'path.not_regular' } })
  })
})

describe('writing', () => {
  it('makes folders, keeps the execute bit and leaves no temporary file', async () => {
    writeFileSync(join(root, 'run.sh'), '#!/bin/sh\n')
    chmodSync(join(root, 'run.sh'), 0o755)
    expect(await files.write('run.sh', bytes('#!/bin/sh\necho\n'))).toMatchObject({
      ok: true,
      value: { created: false },
    })
    expect(await files.write('x/y/new.txt', bytes('hi'))).toMatchObject({ ok: true, value: { created: true } })
    expect(lstatSync(join(root, 'run.sh')).mode & 0o777).toBe(0o755)
    expect(readdirSync(root).sort()).toEqual(['run.sh', 'src', 'x'])
    expect(readFileSync(join(root, 'x/y/new.txt'), 'utf8')).toBe('hi')
  })

  it('a stale hash is refused and the right one is accepted', async () => {
    const read = await files.read('src/a.txt', 100)
    const sha256 = read.ok ? read.value.sha256 : ''
    writeFileSync(join(root, 'src/a.txt'), 'two\n')
    expect(await files.write('src/a.txt', bytes('x'), { expected_sha256: sha256 })).toMatchObject({
      ok: false,
      refusal: { rule: 'file.stale' },
    })
    expect(readFileSync(join(root, 'src/a.txt'), 'utf8')).toBe('two\n')
    const again = await files.read('src/a.txt', 100)
    const fresh = again.ok ? again.value.sha256 : ''
    expect(await files.write('src/a.txt', bytes('x'), { expected_sha256: fresh })).toMatchObject({ ok: true })
  })

  it('a file that must not exist yet is not written over', async () => {
    expect(await files.write('src/a.txt', bytes('x'), { expected_sha256: null })).toMatchObject({
      refusal: { rule: 'path.exists' },
    })
    expect(await files.write('src/b.txt', bytes('x'), { expected_sha256: null })).toMatchObject({ ok: true })
  })

  it('links, hard links and folders are refused and stay as they are', async () => {
    symlinkSync('../secret', join(root, 'leaf'))
    linkSync(join(root, 'src/a.txt'), join(root, 'twin'))
    for (const [path, rule] of [
      ['leaf', 'path.symlink'],
      ['twin', 'path.hardlink'],
      ['src', 'path.not_regular'],
    ] as const)
      expect(await files.write(path, bytes('x'))).toMatchObject({ ok: false, refusal: { rule } })
    expect(readFileSync(join(outer, 'secret'), 'utf8')).toBe('outside')
    expect(readFileSync(join(root, 'twin'), 'utf8')).toBe('one\n')
  })

  it('a refused write makes no folders', async () => {
    expect(await files.write('n/e/w', bytes('x'), { expected_sha256: 'a'.repeat(64) })).toMatchObject({ ok: false })
    expect(readdirSync(root)).toEqual(['src'])
  })

  it.skipIf(uid !== 0)('what is written belongs to the owner of the tree (needs root to give files away)', async () => {
    const given = createWorkspaceFiles({ path: root, uid: 4242, gid: 4343 })
    await given.write('p/q.txt', bytes('x'))
    for (const path of ['p', 'p/q.txt']) expect(lstatSync(join(root, path))).toMatchObject({ uid: 4242, gid: 4343 })
  })
})

describe('deleting', () => {
  it('removes the file and the folders that become empty', async () => {
    await files.write('x/y/new.txt', bytes('hi'))
    expect(await files.delete('x/y/new.txt')).toMatchObject({ ok: true })
    expect(readdirSync(root)).toEqual(['src'])
  })

  it('removes neither links nor folders nor what has changed', async () => {
    symlinkSync('a.txt', join(root, 'src/leaf'))
    expect(await files.delete('src/leaf')).toMatchObject({ refusal: { rule: 'path.symlink' } })
    expect(await files.delete('src')).toMatchObject({ refusal: { rule: 'path.not_regular' } })
    expect(await files.delete('src/a.txt', 'b'.repeat(64))).toMatchObject({ refusal: { rule: 'file.stale' } })
    expect(readFileSync(join(root, 'src/a.txt'), 'utf8')).toBe('one\n')
  })
})

describe('listing', () => {
  it('sorts, tells kinds apart and says when there is more', async () => {
    symlinkSync('x', join(root, 'link'))
    expect(await files.list('', 10)).toEqual({
      ok: true,
      value: {
        more: false,
        entries: [
          { name: 'link', kind: 'symlink', bytes: 1 },
          { name: 'src', kind: 'folder', bytes: expect.any(Number) },
        ],
      },
    })
    expect(await files.list('', 1)).toMatchObject({ value: { more: true } })
    expect(await files.list('src/a.txt', 1)).toMatchObject({ refusal: { rule: 'path.not_a_folder' } })
  })
})
