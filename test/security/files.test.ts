import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createWorkspaceFiles } from '#adapters/workspace-files'

/** Swaps `d` between a folder and a link to the outside, and `d/f` between a file and such a link, until killed. */
const RACER = `
const { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } = require('node:fs')
process.chdir(process.argv[1])
const lay = () => {
  for (const name of ['d', 'folder', 'link']) rmSync(name, { recursive: true, force: true })
  mkdirSync('d'); writeFileSync('d/f', 'inside'); symlinkSync('../outside', 'link')
}
process.stdout.write('racing')
for (;;) {
  try {
    for (;;) {
      renameSync('d', 'folder'); renameSync('link', 'd')
      renameSync('d', 'link'); renameSync('folder', 'd')
      symlinkSync('../../outside/f', 'd/leaf'); renameSync('d/leaf', 'd/f')
      writeFileSync('d/g', 'inside'); renameSync('d/g', 'd/f')
    }
  } catch { try { lay() } catch {} }
}`

let outer: string
let root: string
let racer: ChildProcess

beforeEach(async () => {
  outer = mkdtempSync(join(tmpdir(), 'gander-race-'))
  root = join(outer, 'root')
  mkdirSync(join(root, 'd'), { recursive: true })
  mkdirSync(join(outer, 'outside'))
  writeFileSync(join(root, 'd/f'), 'inside')
  writeFileSync(join(outer, 'outside/f'), 'OUTSIDE')
  symlinkSync('../outside', join(root, 'link'))
  racer = spawn(process.execPath, ['-e', RACER, root], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (racer.stdout !== null) await once(racer.stdout, 'data')
})

afterEach(async () => {
  racer.kill('SIGKILL')
  if (racer.exitCode === null && racer.signalCode === null) await once(racer, 'exit')
  rmSync(outer, { recursive: true, force: true })
})

const ours = () => createWorkspaceFiles({ path: root, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 })

/**
 * Over both tests at least 115,000 attempts: 75,000 reads, 30,000 writes and 10,000 deletes. Which side wins a round is
 * the scheduler's to say, so a test goes on until it has met both outcomes often enough, and fails after ten times as many.
 */
const metOften = (attempt: number, planned: number, ...outcomes: readonly number[]): boolean =>
  (attempt >= planned && outcomes.every((times) => times > 100)) || attempt >= 10 * planned

describe('a process that swaps folders and files for links while they are used', () => {
  it('does lead an ordinary open outside, so the race is real', () => {
    let escaped = 0
    const until = Date.now() + 20_000
    while (escaped === 0 && Date.now() < until) {
      try {
        if (readFileSync(join(root, 'd/f'), 'utf8') === 'OUTSIDE') escaped++
      } catch {
        // The name was just being swapped.
      }
    }
    expect(escaped).toBeGreaterThan(0)
  })

  it('FS-05 never leads a read outside, and honest reads still succeed', async () => {
    const files = ours()
    const seen = { inside: 0, link: 0, escaped: 0 }
    for (let attempt = 0; !metOften(attempt, 75_000, seen.inside, seen.link); attempt++) {
      const read = await files.read('d/f', 1000)
      if (!read.ok) seen.link += read.refusal.rule === 'path.symlink' ? 1 : 0
      else if (Buffer.from(read.value.bytes).includes('OUTSIDE')) seen.escaped++
      else seen.inside++
    }
    expect(seen.escaped).toBe(0)
    expect(seen.inside).toBeGreaterThan(100)
    expect(seen.link).toBeGreaterThan(100)
  })

  it('FS-05 never leads a write or a delete outside, and honest writes still succeed', async () => {
    const files = ours()
    const content = new TextEncoder().encode('agent')
    let written = 0
    let refused = 0
    for (let attempt = 0; !metOften(attempt, 30_000, written, refused); attempt++) {
      const write = await files.write('d/f', content)
      if (write.ok) written++
      else refused++
      if (attempt % 3 === 0) await files.delete('d/f')
    }
    expect(readFileSync(join(outer, 'outside/f'), 'utf8')).toBe('OUTSIDE')
    expect(readdirSync(join(outer, 'outside'))).toEqual(['f'])
    expect(readdirSync(outer).sort()).toEqual(['outside', 'root'])
    expect(written).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(100)
  })
})
