import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readTree } from './read-tree.ts'

const LIMITS = { entries: 200, bytes: 1_000_000, file_bytes: 100_000 }
let root: string
let tree: string
let copy: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gander-read-tree-'))
  tree = join(root, 'sandbox', 'tree')
  copy = join(root, 'copy')
  for (const folder of [tree, copy]) mkdirSync(folder, { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** What a plain copy of a folder holds, read by path as nobody may do while others write. */
const plain = (folder: string, below = ''): readonly string[] =>
  readdirSync(join(folder, below)).flatMap((name) => {
    const path = join(below, name)
    const stat = lstatSync(join(folder, path))
    if (stat.isDirectory()) return [`${path}/`, ...plain(folder, path)]
    if (stat.isSymbolicLink()) return [`${path} -> ${readlinkSync(join(folder, path))}`]
    if (!stat.isFile() || (stat.mode & 0o6000) !== 0) return []
    const executable = (stat.mode & 0o100) === 0 ? '' : '*'
    return [`${path}${executable} ${readFileSync(join(folder, path)).toString('base64')}`]
  })

type Act = (path: string, other: string) => void

const REMOVE: Act = (path) => rmSync(path, { recursive: true, force: true })

const ACTS: readonly Act[] = [
  (path, text) => writeFileSync(path, text),
  (path) => writeFileSync(path, 'x'.repeat(5000)),
  // The same length, and the time it had before: what a list of times would take for unchanged.
  (path) => {
    const { atime, mtime } = statSync(path)
    writeFileSync(path, 'y'.repeat(statSync(path).size))
    utimesSync(path, atime, mtime)
  },
  (path) => mkdirSync(path, { recursive: true }),
  (path, to) => symlinkSync(to, path),
  (path) => symlinkSync('/nowhere/at-all', path),
  (path, other) => linkSync(path, other),
  (path, other) => renameSync(path, other),
  REMOVE,
  (path) => chmodSync(path, 0o755),
  (path) => chmodSync(path, 0o000),
  (path) => chmodSync(path, 0o4755),
  (path) => linkSync(join(root, 'fifo'), path),
]

const somePath = fc
  .array(fc.constantFrom('a', 'b', 'c', 'é'), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
const someAct = fc.record({ act: fc.constantFrom(...ACTS), path: somePath, other: somePath })

const kindOf = (path: string): 'none' | 'folder' | 'file' | 'other' => {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat === undefined ? 'none' : stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other'
}

/** Acts only on what lies in the tree itself: a link is never gone through, and a fifo has nobody at its other end. */
const perform = ({ act, path, other }: { act: Act; path: string; other: string }): void => {
  for (const each of [path, other]) {
    const parts = each.split('/')
    for (let depth = 1; depth < parts.length; depth += 1) {
      const above = join(tree, ...parts.slice(0, depth))
      if (kindOf(above) === 'none') mkdirSync(above)
      if (kindOf(above) !== 'folder') return
    }
  }
  const target = join(tree, path)
  if (kindOf(target) === 'other' && act !== REMOVE) return
  try {
    act(target, join(tree, other))
  } catch {
    // Not possible with what is there: nothing happens, as it would not for a command.
  }
}

const isRoot = process.getuid?.() === 0

describe('a tree that is read', () => {
  it.skipIf(!isRoot)(
    'is copied exactly, whatever was done to it since the last copy (needs root: closed files are read)',
    async () => {
      execFileSync('mkfifo', [join(root, 'fifo')])
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(someAct, { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
          async (rounds) => {
            for (const folder of [tree, copy]) rmSync(folder, { recursive: true, force: true })
            for (const folder of [tree, copy]) mkdirSync(folder)
            for (const acts of rounds) {
              acts.forEach(perform)
              await readTree(tree, copy, LIMITS)
              expect(plain(copy)).toEqual(plain(tree))
            }
          },
        ),
        { numRuns: 30, endOnFailure: true },
      )
    },
    60_000,
  )

  it('leaves what is the same alone, so that a reader of time stamps sees what changed', async () => {
    for (const name of ['same', 'other']) writeFileSync(join(tree, name), name)
    await readTree(tree, copy, LIMITS)
    const before = (name: string): bigint => lstatSync(join(copy, name), { bigint: true }).ctimeNs
    const [same, other] = [before('same'), before('other')]
    writeFileSync(join(tree, 'other'), 'OTHER')
    await readTree(tree, copy, LIMITS)
    expect(before('same')).toBe(same)
    expect(before('other')).not.toBe(other)
  })

  it('has what is no file, folder or link refused by name, and names that are no UTF-8', async () => {
    execFileSync('mkfifo', [join(tree, 'pipe')])
    writeFileSync(join(tree, 'privileged'), 'x')
    chmodSync(join(tree, 'privileged'), 0o6755)
    writeFileSync(Buffer.concat([Buffer.from(join(tree, 'odd-')), Buffer.from([0xff])]), 'x')
    writeFileSync(join(tree, 'large'), Buffer.alloc(LIMITS.file_bytes + 1))
    writeFileSync(join(tree, 'kept'), 'x')
    const refused = await readTree(tree, copy, LIMITS)
    expect(Object.fromEntries(refused.map(({ path, reason }) => [path, reason]))).toEqual({
      pipe: 'it is a fifo',
      privileged: 'it has a setuid or setgid bit',
      'odd-\uFFFD': 'its name is no UTF-8',
      large: 'it is larger than 100000 bytes',
    })
    expect(readdirSync(copy)).toEqual(['kept'])
  })

  it('is refused as a whole when it holds too much', async () => {
    for (let index = 0; index < 20; index += 1) writeFileSync(join(tree, `f${index}`), Buffer.alloc(90_000))
    const refusal = { code: 'sandbox_unavailable', message: expect.stringMatching(/holds more than/) }
    await expect(readTree(tree, copy, LIMITS)).rejects.toMatchObject(refusal)
    await expect(readTree(tree, copy, { ...LIMITS, bytes: 9_000_000, entries: 10 })).rejects.toMatchObject(refusal)
    expect(await readTree(tree, copy, { ...LIMITS, bytes: 9_000_000 })).toEqual([])
  })

  it('never leads out of itself while a command swaps its folders for links', async () => {
    // Where the links lead from the tree, and not from its copy.
    const outside = join(root, 'sandbox', 'outside')
    mkdirSync(join(outside, 'deep'), { recursive: true })
    writeFileSync(join(outside, 'deep/secret'), 'secret')
    mkdirSync(join(tree, 'd/deep'), { recursive: true })
    writeFileSync(join(tree, 'd/deep/secret'), 'mine')
    const swap = `const fs=require('node:fs');process.chdir(process.argv[1]);process.stdout.write('up');for(;;){fs.renameSync('d','e');fs.symlinkSync('../outside','d');fs.unlinkSync('d');fs.renameSync('e/deep/secret','s');fs.symlinkSync('../../../outside/deep/secret','e/deep/secret');fs.renameSync('s','e/deep/secret');fs.renameSync('e','d')}`
    const swapper = spawn(process.execPath, ['-e', swap, tree], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(swapper.stdout, 'data')
    let copied = 0
    try {
      for (let round = 0; round < 150; round += 1) {
        await readTree(tree, copy, LIMITS)
        for (const path of ['d/deep/secret', 'e/deep/secret']) {
          const stat = lstatSync(join(copy, path), { throwIfNoEntry: false })
          if (stat?.isFile() === true) {
            copied += 1
            expect(readFileSync(join(copy, path), 'utf8')).toBe('mine')
          }
        }
      }
    } finally {
      swapper.kill('SIGKILL')
    }
    expect(copied).toBeGreaterThan(0)
    expect(existsSync(join(copy, 'secret'))).toBe(false)
  }, 30_000)
})
