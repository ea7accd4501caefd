import { describe, expect, it } from 'vitest'
import { execIn, shellIn } from '../../support/sandbox-fixtures.ts'
import type { SandboxWorld } from './world.ts'

/** How commands are run, and what of their output comes back. */
export const describeCommands = (world: SandboxWorld): void => {
  describe('exec', () => {
    it('runs argv as it is, in the folder asked for, with the variables given and few others', async () => {
      const sandbox = await world.shared()
      const result = await execIn(
        sandbox,
        ['sh', '-c', 'pwd; printf "%s|" "$@"; env | cut -d= -f1 | sort | xargs', 'x', 'a b', '$HOME', ';'],
        {
          cwd: 'src/deep',
          env: { GIVEN: '1' },
        },
      )
      expect(result.stdout).toMatch(
        /^\/workspace\/src\/deep\na b\|\$HOME\|;\|GIVEN HOME (?:HOSTNAME )?(?:JAVA_HOME )?LANG (?:OLDPWD )?PATH PWD/,
      )
    })

    // The same race as below.
    it('tells exit codes, signals and a missing program apart', { retry: 3 }, async () => {
      const sandbox = await world.shared()
      expect(await shellIn(sandbox, 'exit 7')).toMatchObject({ exit_code: 7, signal: null, ended_by: 'exit' })
      expect(await shellIn(sandbox, 'kill -SEGV $$')).toMatchObject({
        exit_code: null,
        signal: 'SIGSEGV',
        ended_by: 'exit',
      })
      const missing = await execIn(sandbox, ['no-such-program'])
      expect(missing.exit_code).toBe(127)
      expect(missing.stderr).toContain('no-such-program')
      expect((await execIn(sandbox, ['true'], { cwd: 'nowhere' })).stderr).toContain('/workspace/nowhere')
    })

    // Docker's client may say 1 for a command that ended before it read its input: a race of that program, on a busy machine.
    it('feeds stdin and closes it', { retry: 3 }, async () => {
      const sandbox = await world.shared()
      const text = 'line\n'.repeat(50_000)
      expect((await execIn(sandbox, ['wc', '-c'], { stdin: text })).stdout.trim()).toBe(String(text.length))
      expect((await execIn(sandbox, ['cat'])).stdout).toBe('')
      expect((await execIn(sandbox, ['true'], { stdin: text })).exit_code).toBe(0)
    })

    it('lets a command open its own output again by path', async () => {
      const sandbox = await world.shared()
      const result = await shellIn(sandbox, 'echo out > /dev/stdout; echo err > /dev/stderr')
      expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n' })
    })

    it('keeps head and tail of a long output and counts the rest', async () => {
      const sandbox = await world.shared()
      const result = await shellIn(
        sandbox,
        'echo first; head -c 20000000 /dev/zero | tr "\\0" x; echo; echo last; echo oops >&2',
        { output_bytes: 10_000 },
      )
      expect(result.stdout.startsWith('first\nxxx')).toBe(true)
      expect(result.stdout.endsWith('xxx\nlast\n')).toBe(true)
      expect(result.stdout.length).toBeLessThan(10_100)
      expect(result.stderr).toBe('oops\n')
      expect(result.truncated_bytes).toBeGreaterThan(19_900_000)
    })

    it('takes terminal controls out and replaces what is no UTF-8', async () => {
      const sandbox = await world.shared()
      const result = await shellIn(sandbox, `printf '\\033[31mred\\033[0m \\033]0;title\\007ok \\377 \\303\\251\\n'`)
      expect(result.stdout).toBe('red ok \uFFFD \u00e9\n')
    })

    it('runs several commands at once, each with its own output', async () => {
      const sandbox = await world.shared()
      const results = await Promise.all(
        Array.from({ length: 9 }, (_, index) =>
          shellIn(sandbox, `echo out${index}; echo err${index} >&2; exit ${index}`),
        ),
      )
      results.forEach((result, index) => {
        expect(result).toMatchObject({ exit_code: index, stdout: `out${index}\n`, stderr: `err${index}\n` })
      })
    })

    it('refuses what would pass as an option of its own', async () => {
      const sandbox = await world.shared()
      const smuggled = { env: { X: 'y\0--bind\0/\0/host' } }
      expect(await execIn(sandbox, ['ls', '/host'], smuggled)).toMatchObject({ exit_code: 126 })
      expect(await execIn(sandbox, ['a\0b'])).toMatchObject({ exit_code: 126 })
      expect(await execIn(sandbox, ['pwd'], { cwd: '../..' })).toMatchObject({ exit_code: 126 })
      expect(await execIn(sandbox, [])).toMatchObject({ exit_code: 126 })
      expect(await execIn(sandbox, ['--version'])).toMatchObject({ exit_code: 127 })
      expect(await execIn(sandbox, ['true', 'x'.repeat(200_000)])).toMatchObject({ exit_code: 126 })
    })
  })
}
