import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Json } from '#domain/json'
import { openDesk, type ToolDesk } from '../integration/tools/tool-desk.ts'
import { onThisMachine } from '../support/machine-time.ts'

/** A model that does what an attacker wants, through the real gateway, sandbox and file access. */
let desk: ToolDesk
beforeEach(async () => {
  desk = await openDesk({ 'src/app.ts': 'export {}\n', 'src/deep/b.ts': 'b\n', 'src/deep/c.ts': 'c\n' })
})
afterEach(() => desk.close())

const shell = (script: string) => desk.call('shell_exec', { argv: ['sh', '-c', script] })
const rule = () => desk.steps.at(-1)?.outcome.tool_call?.rule
const denied = async (name: string, args: Json) => {
  const { answer } = await desk.call(name, args)
  expect(answer.is_error).toBe(true)
  return answer.text
}
const write = (path: string, content = 'x\n'): [string, Json] => ['file_write', { path, content }]
const edit = (path: string): [string, Json] => ['file_edit', { path, old_text: 'root', new_text: 'evil' }]

describe('what an agent lays into its workspace', () => {
  it('a link to a file outside is neither read, written, edited, patched nor searched', async () => {
    await shell('ln -s /etc/passwd src/leaf; ln -s /proc/self/environ src/env; ln -s ../../../../../etc src/up')
    for (const path of ['src/leaf', 'src/env', 'src/up/passwd']) {
      expect(await denied('file_read', { path })).not.toContain('root:')
      expect(rule()).toBe('path.symlink')
      await denied(...write(path))
      await denied(...edit(path))
      await denied('file_search', { pattern: 'root', path })
    }
    const patch = '--- a/src/up/passwd\n+++ b/src/up/passwd\n@@ -1 +1 @@\n-root\n+evil\n'
    await denied('file_apply_patch', { patch })
    expect((await desk.call('file_search', { pattern: 'root:' })).answer.text).toContain('No line contains')
    expect((await desk.call('file_read', { path: 'src/app.ts' })).answer.is_error).toBe(false)
  })

  it('the host is untouched and unread when the file tools run as another user than the agent', async () => {
    await shell('rm -r src/deep; ln -s /tmp src/deep')
    await denied(...write('src/deep/gander-escaped'))
    expect((await shell('ls /tmp')).answer.text).not.toContain('gander-escaped')
    await shell('rm src/deep')
    expect((await desk.call(...write('src/deep/inside'))).answer.is_error).toBe(false)
  })

  it('pipes, folders and hard links are answered at once and left alone', async () => {
    await shell('mkfifo src/pipe; ln src/app.ts src/twin')
    const started = Date.now()
    await denied('file_read', { path: 'src/pipe' })
    await denied(...write('src/pipe'))
    await denied('file_read', { path: 'src/deep' })
    await denied(...write('src/deep'))
    expect(Date.now() - started).toBeLessThan(onThisMachine(3000))
    await denied(...write('src/twin'))
    expect(rule()).toBe('path.hardlink')
    expect((await desk.call(...write('src/alone'))).answer.is_error).toBe(false)
  })

  it('a path is refused by its text alone, in every tool that takes one', async () => {
    for (const path of [
      '/etc/passwd',
      '../x',
      'src/../../x',
      'src//app.ts',
      './src/app.ts',
      'src/.',
      'a\0b',
      'a\nb',
      'cafe\u0301',
    ]) {
      await denied('file_read', { path })
      expect(rule()).toBe('path.invalid')
      await denied(...write(path))
      await denied(...edit(path))
      await denied('file_apply_patch', { patch: `--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-a\n+b\n` })
    }
    for (const path of ['/etc', '..', 'src/..', 'src//deep']) {
      await denied('file_list', { path })
      await denied('file_search', { pattern: 'x', path })
      await denied('shell_exec', { argv: ['ls'], cwd: path })
    }
    expect((await desk.call('file_list', { path: 'src/deep' })).answer.is_error).toBe(false)
  })

  it('a file swapped for a link between two calls is refused at the second', async () => {
    await desk.call('file_read', { path: 'src/app.ts' })
    await shell('ln -sf /etc/shadow src/app.ts')
    await denied('file_edit', { path: 'src/app.ts', old_text: 'export', new_text: 'x' })
    expect(rule()).toBe('path.symlink')
  })

  it('a written file keeps its execute bit and no setuid bit', async () => {
    await shell('echo x > src/tool; chmod 4755 src/tool; echo y > src/plain; chmod 666 src/plain')
    expect((await desk.call(...write('src/tool', 'new\n'))).answer.is_error).toBe(false)
    expect((await desk.call(...write('src/plain', 'new\n'))).answer.is_error).toBe(false)
    expect((await shell('stat -c %a src/tool src/plain')).answer.text).toContain('\n755\n644')
  })

  it('a huge file is refused by size and a large one is read in parts', async () => {
    await shell('head -c 6000000 /dev/zero | tr "\\\\0" x > src/huge; seq 1 5000 > src/long')
    expect(await denied('file_read', { path: 'src/huge' })).toContain('use file_search')
    const { answer } = await desk.call('file_read', { path: 'src/long' })
    expect(answer.text).toMatch(/lines 1-500 of 5000[^]*go on with start_line 501/)
    await denied(...write('src/new', 'x'.repeat(600_000)))
  })

  it('a secret is not read line by line either', async () => {
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEpAIBAAKCAQEA7bq0Zl3vYQwXkz9pTn4sJd8hRf2cUg6mVb1oLx5iWa3eKyHs\n'.repeat(8)}-----END RSA PRIVATE KEY-----\n`
    await desk.call('file_write', { path: 'src/key.txt', content: `before\n${key}after\n` })
    for (const args of [{}, { start_line: 3 }, { start_line: 3, end_line: 4 }]) {
      const { answer } = await desk.call('file_read', { path: 'src/key.txt', ...args })
      expect(answer.text).not.toContain('MIIEpAIBAAKCAQEA7bq0')
    }
    expect((await desk.call('file_read', { path: 'src/key.txt' })).answer.text).toContain('before')
  })
})
