import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { contextSecret } from './context-secret.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gander-context-'))
})
afterEach(() => {
  chmodSync(home, 0o700)
  rmSync(home, { recursive: true, force: true })
})

describe('the secret of shared context', () => {
  it('is one for all workers of a home, however many make it at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => contextSecret(home)))
    expect(new Set(all).size).toBe(1)
    expect(all[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(await contextSecret(home)).toBe(all[0])
  })

  it('is for its owner alone', async () => {
    await contextSecret(home)
    expect(statSync(join(home, 'keys', 'context.secret')).mode & 0o777).toBe(0o600)
  })

  it('is never weak: a file that holds something else is not believed', async () => {
    await contextSecret(home)
    writeFileSync(join(home, 'keys', 'context.secret'), 'guessed\n')
    expect(await contextSecret(home)).toBeUndefined()
    expect(readFileSync(join(home, 'keys', 'context.secret'), 'utf8')).toBe('guessed\n')
  })
})
