import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEvilDesk, type EvilDesk } from './evil-desk.ts'
import { SANDBOX_KINDS } from './sandbox-kinds.ts'

const CANARY = 'canary-Rf4kz91TqLw7'

/** Swaps `d` between a folder and a link to the outside for two seconds. */
const racer = (outside: string) => `
import os, shutil, time
def lay():
    for name in ('d', 'folder', 'link'):
        os.unlink(name) if os.path.islink(name) else shutil.rmtree(name, ignore_errors=True)
    os.makedirs('d')
    open('d/secret.txt', 'w').write('inside')
    os.symlink('${outside}', 'link')
end = time.monotonic() + 2
swaps = 0
while time.monotonic() < end:
    try:
        if swaps == 0: lay()
        os.rename('d', 'folder'); os.rename('link', 'd')
        os.rename('d', 'link'); os.rename('folder', 'd')
        swaps += 1
    except OSError:
        # A tool made the folder anew while it was away.
        try: lay()
        except OSError: pass
print('swapped', swaps)
`

describe.each(SANDBOX_KINDS)('a command that races the file tools on $name', (kind) => {
  if (!kind.available) {
    it.skip('FS-05 is not tried where there is no engine', () => undefined)
    return
  }

  let desk: EvilDesk
  let outside: string
  beforeAll(async () => {
    outside = mkdtempSync(join(tmpdir(), 'gander-outside-'))
    writeFileSync(join(outside, 'secret.txt'), CANARY)
    desk = await openEvilDesk(kind)
  })
  afterAll(async () => {
    await desk.close()
    rmSync(outside, { recursive: true, force: true })
  })

  it('FS-05 leads no read and no write outside, and the tools work on afterwards', async () => {
    await desk.call('file_write', { path: 'racer.py', content: racer(outside) })
    const race = { on: true }
    const raced = desk.shell('python3 racer.py', 30).finally(() => (race.on = false))
    const rules = new Map<string, number>()
    // A tool takes 600 calls a minute.
    for (let attempt = 0; race.on && attempt < 280; attempt += 1) {
      for (const [name, args] of [
        ['file_read', { path: 'd/secret.txt' }],
        ['file_write', { path: `d/w${attempt % 5}.txt`, content: 'agent\n' }],
      ] as const) {
        const { answer } = await desk.call(name, args)
        expect(answer.text).not.toContain(CANARY)
        const rule = answer.is_error ? (desk.steps.at(-1)?.outcome.tool_call?.rule ?? 'error') : 'done'
        rules.set(rule, (rules.get(rule) ?? 0) + 1)
      }
      await sleep(5)
    }
    expect(Number(/swapped (\d+)/.exec(await raced)?.[1])).toBeGreaterThan(50)
    expect(readdirSync(outside)).toEqual(['secret.txt'])
    expect(readFileSync(join(outside, 'secret.txt'), 'utf8')).toBe(CANARY)
    expect(rules.get('path.symlink') ?? 0, JSON.stringify([...rules])).toBeGreaterThan(0)
    await desk.stillWorks()
  })
})
