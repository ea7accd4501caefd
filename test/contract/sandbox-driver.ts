import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox, SandboxDriver, SandboxProbe, SandboxSpec } from '#ports'
import { DEFAULT_SANDBOX_LIMITS } from '#ports'
import { execIn, makeSandboxGround, type SandboxGround, shellIn } from '../support/sandbox-fixtures.ts'

/** What every sandbox driver has to do; a driver's own test gives it the driver. */
export const describeSandboxDriver = (name: string, makeDriver: (home: string) => SandboxDriver): void => {
  describe(`${name} as a sandbox driver`, () => {
    let ground: SandboxGround
    let driver: SandboxDriver
    let probe: SandboxProbe
    const open: Sandbox[] = []
    const opened = async (changes: Partial<SandboxSpec> = {}): Promise<Sandbox> => {
      const sandbox = await driver.open(ground.spec(changes))
      open.push(sandbox)
      return sandbox
    }

    beforeAll(async () => {
      ground = makeSandboxGround({ 'kept.txt': 'base\n', 'src/deep/code.txt': 'code\n', 'gone/a.txt': 'a\n' })
      driver = makeDriver(ground.home)
      probe = await driver.probe()
    })
    afterEach(async () => {
      await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
    })
    afterAll(() => ground.remove())

    const has = (control: string): boolean => probe.controls.find((each) => each.control === control)?.held ?? false

    describe('probe', () => {
      it('finds every required control held, and says for each what was tried', () => {
        expect(probe.available, probe.reason).toBe(true)
        const broken = probe.controls.filter((control) => control.required && !control.held)
        expect(broken).toEqual([])
        for (const control of probe.controls) expect(control.detail.length).toBeGreaterThan(10)
        for (const control of probe.controls.filter((each) => !each.held)) expect(control.remedy).toBeTruthy()
      })
    })

    describe('the tree', () => {
      it('shows the checkout in /workspace and leaves it as it is when the copy is changed', async () => {
        const sandbox = await opened()
        const result = await shellIn(
          sandbox,
          'cat kept.txt; echo more >> kept.txt; rm -r gone; mkdir -p new/er; echo n > new/er/f',
        )
        expect(result).toMatchObject({ exit_code: 0, stdout: 'base\n', stderr: '', ended_by: 'exit' })
        expect(readFileSync(join(ground.checkout, 'kept.txt'), 'utf8')).toBe('base\n')
        expect(existsSync(join(ground.checkout, 'gone/a.txt'))).toBe(true)
        expect(readFileSync(join(sandbox.tree.path, 'kept.txt'), 'utf8')).toBe('base\nmore\n')
        expect(existsSync(join(sandbox.tree.path, 'gone'))).toBe(false)
      })

      it('shows the platform exactly what changed', async () => {
        const sandbox = await opened()
        await shellIn(sandbox, 'echo x > kept.txt; rm gone/a.txt; echo n > fresh')
        const capture = await sandbox.capture()
        if (capture.kind === 'overlay') {
          expect(readdirSync(capture.upper).toSorted()).toEqual(['fresh', 'gone', 'kept.txt'])
          const whiteout = lstatSync(join(capture.upper, 'gone/a.txt'))
          expect([whiteout.isCharacterDevice(), whiteout.rdev]).toEqual([true, 0])
        } else {
          expect(readFileSync(join(capture.folder, 'kept.txt'), 'utf8')).toBe('x\n')
          expect(readFileSync(join(capture.folder, 'src/deep/code.txt'), 'utf8')).toBe('code\n')
          expect(existsSync(join(capture.folder, 'gone/a.txt'))).toBe(false)
          expect(capture.refused).toEqual([])
        }
      })

      it('lets the platform write through the tree path, and the command sees and changes it', async () => {
        const sandbox = await opened()
        const path = join(sandbox.tree.path, 'from-outside')
        writeFileSync(path, 'outside')
        const { chownSync } = await import('node:fs')
        chownSync(path, sandbox.tree.uid, sandbox.tree.gid)
        const result = await shellIn(sandbox, 'cat from-outside && echo inside > from-outside && chmod +x from-outside')
        expect(result).toMatchObject({ exit_code: 0, stdout: 'outside' })
        expect(readFileSync(path, 'utf8')).toBe('inside\n')
        expect(lstatSync(path).mode & 0o100).toBe(0o100)
      })

      it('does not bring back the old content of a folder that was deleted and made again', async () => {
        const sandbox = await opened()
        const result = await shellIn(sandbox, 'rm -r gone && mkdir gone && ls -A gone | wc -l')
        expect(result.stdout.trim()).toBe('0')
      })

      it('carries changes from one command to the next, and nothing into another sandbox', async () => {
        const [one, other] = [await opened(), await opened()]
        await shellIn(one, 'echo mine > mark; echo mine > ~/mark')
        expect((await shellIn(one, 'cat mark ~/mark')).stdout).toBe('mine\nmine\n')
        expect((await shellIn(other, 'ls ~ ; ls')).stdout).not.toContain('mark')
      })
    })

    describe('a setup layer', () => {
      it('keeps what setup made on the host, and later sandboxes see it below their own changes', async () => {
        const layer = { path: join(ground.root, 'layers', 'one') }
        const setup = await opened({ purpose: 'setup', writable: { kind: 'setup_layer', path: layer.path } })
        await shellIn(
          setup,
          'mkdir -m 700 deps && echo v1 > deps/lib && rm gone/a.txt && mkdir -p ~/.cache && echo c > ~/.cache/c',
        )
        await setup.close()
        expect(readFileSync(join(layer.path, 'tree/deps/lib'), 'utf8')).toBe('v1\n')
        expect(readdirSync(layer.path).toSorted()).toEqual(['home', 'tree'])

        const work = await opened({ setup_layer: layer })
        const result = await shellIn(
          work,
          'cat deps/lib ~/.cache/c kept.txt; ls gone; echo v2 > deps/lib; echo w > deps/w; echo w > ~/.cache/w',
        )
        expect(result).toMatchObject({ stdout: 'v1\nc\nbase\n', stderr: '', exit_code: 0 })
        expect(readFileSync(join(layer.path, 'tree/deps/lib'), 'utf8')).toBe('v1\n')
        expect(existsSync(join(layer.path, 'home/.cache/w'))).toBe(false)

        const verify = await opened({ purpose: 'verify', setup_layer: layer })
        expect((await shellIn(verify, 'cat deps/lib; ls deps ~/.cache')).stdout).toBe(
          'v1\n/home/agent/.cache:\nc\n\ndeps:\nlib\n',
        )
      })

      it('stacks a second setup over a first one', async () => {
        const first = { path: join(ground.root, 'layers', 'first') }
        const second = { path: join(ground.root, 'layers', 'second') }
        const one = await opened({ purpose: 'setup', writable: { kind: 'setup_layer', path: first.path } })
        await shellIn(one, 'echo 1 > one; echo 1 > ~/one')
        await one.close()
        const two = await opened({
          purpose: 'setup',
          setup_layer: first,
          writable: { kind: 'setup_layer', path: second.path },
        })
        expect((await shellIn(two, 'cat one ~/one; echo 2 > two; rm one; rm -r src')).exit_code).toBe(0)
        await two.close()
        expect(existsSync(join(first.path, 'tree/one'))).toBe(true)
        expect(readFileSync(join(second.path, 'tree/two'), 'utf8')).toBe('2\n')
      })
    })

    describe('exec', () => {
      it('runs argv as it is, in the folder asked for, with the variables given and few others', async () => {
        const sandbox = await opened()
        const result = await execIn(
          sandbox,
          ['sh', '-c', 'pwd; printf "%s|" "$@"; env | cut -d= -f1 | sort | xargs', 'x', 'a b', '$HOME', ';'],
          {
            cwd: 'src/deep',
            env: { GIVEN: '1' },
          },
        )
        expect(result.stdout).toMatch(
          /^\/workspace\/src\/deep\na b\|\$HOME\|;\|GIVEN HOME (JAVA_HOME )?LANG PATH PWD TMPDIR USER/,
        )
      })

      it('tells exit codes, signals and a missing program apart', async () => {
        const sandbox = await opened()
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

      it('feeds stdin and closes it', async () => {
        const sandbox = await opened()
        const text = 'line\n'.repeat(50_000)
        expect((await execIn(sandbox, ['wc', '-c'], { stdin: text })).stdout.trim()).toBe(String(text.length))
        expect((await execIn(sandbox, ['cat'])).stdout).toBe('')
        expect((await execIn(sandbox, ['true'], { stdin: text })).exit_code).toBe(0)
      })

      it('lets a command open its own output again by path', async () => {
        const sandbox = await opened()
        const result = await shellIn(sandbox, 'echo out > /dev/stdout; echo err > /dev/stderr')
        expect(result).toMatchObject({ stdout: 'out\n', stderr: 'err\n' })
      })

      it('keeps head and tail of a long output and counts the rest', async () => {
        const sandbox = await opened()
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
        const sandbox = await opened()
        const result = await shellIn(sandbox, `printf '\\033[31mred\\033[0m \\033]0;title\\007ok \\377 \\303\\251\\n'`)
        expect(result.stdout).toBe('red ok \uFFFD \u00e9\n')
      })

      it('ends the whole process tree at the timeout', async () => {
        const sandbox = await opened()
        const began = Date.now()
        const result = await shellIn(
          sandbox,
          'setsid sh -c "sleep 3; touch survived" & (trap "" TERM INT HUP; sleep 60) & sleep 60',
          { timeout_ms: 300 },
        )
        expect(result).toMatchObject({ ended_by: 'timeout', exit_code: null })
        expect(Date.now() - began).toBeLessThan(2500)
        await sleep(3300)
        expect(existsSync(join(sandbox.tree.path, 'survived'))).toBe(false)
      })

      it('never lets a command run on that was ended while it was being started', async () => {
        const sandbox = await opened()
        // Spread over the time that starting takes, on a quiet machine and on a busy one.
        for (const spread of [1, 4, 12]) {
          const started = Array.from({ length: 24 }, (_, index) =>
            shellIn(sandbox, `sleep 0.7; touch survived-${spread}-${index}`, { timeout_ms: index * spread }),
          )
          for (const result of await Promise.all(started)) expect(result.ended_by).toBe('timeout')
        }
        await sleep(1500)
        const survived = readdirSync(sandbox.tree.path).filter((name) => name.startsWith('survived'))
        expect(survived).toEqual([])
      })

      it('leaves no daemon behind when a command ends by itself', async () => {
        const sandbox = await opened()
        const began = Date.now()
        const result = await shellIn(
          sandbox,
          'setsid sh -c "sleep 1; touch survived" >/dev/null 2>&1 & setsid sleep 30 & echo done',
        )
        expect(result).toMatchObject({ stdout: 'done\n', exit_code: 0 })
        expect(Date.now() - began).toBeLessThan(2000)
        await sleep(1300)
        expect(existsSync(join(sandbox.tree.path, 'survived'))).toBe(false)
      })

      it('ends a command when the signal aborts, also when it had aborted before', async () => {
        const sandbox = await opened()
        const abort = new AbortController()
        setTimeout(() => abort.abort(), 100)
        expect(await execIn(sandbox, ['sleep', '30'], {}, abort.signal)).toMatchObject({
          ended_by: 'aborted',
          exit_code: null,
        })
        expect(await execIn(sandbox, ['sleep', '30'], {}, abort.signal)).toMatchObject({ ended_by: 'aborted' })
        expect(await execIn(sandbox, ['true'])).toMatchObject({ exit_code: 0 })
      })

      it('runs several commands at once, each with its own output', async () => {
        const sandbox = await opened()
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
        const sandbox = await opened()
        const smuggled = { env: { X: 'y\0--bind\0/\0/host' } }
        expect(await execIn(sandbox, ['ls', '/host'], smuggled)).toMatchObject({ exit_code: 126 })
        expect(await execIn(sandbox, ['a\0b'])).toMatchObject({ exit_code: 126 })
        expect(await execIn(sandbox, ['pwd'], { cwd: '../..' })).toMatchObject({ exit_code: 126 })
        expect(await execIn(sandbox, [])).toMatchObject({ exit_code: 126 })
        expect(await execIn(sandbox, ['--version'])).toMatchObject({ exit_code: 127 })
        expect(await execIn(sandbox, ['true', 'x'.repeat(200_000)])).toMatchObject({ exit_code: 126 })
      })
    })

    describe('limits', () => {
      it('refuses memory beyond the limit, and still runs what fits', async () => {
        const sandbox = await opened({ limits: { ...DEFAULT_SANDBOX_LIMITS, memory_bytes: 128 * 1024 ** 2 } })
        const greedy = await shellIn(sandbox, 'head -c 500m /dev/zero | tail -n 1 | wc -c')
        expect(greedy.stdout).not.toContain('524288000')
        if (has('memory_limit')) expect(greedy.ended_by).toMatch(/out_of_memory|exit/)
        const alone = await execIn(sandbox, ['tail', '-n', '1', '/dev/zero'])
        expect(alone.exit_code).not.toBe(0)
        if (has('memory_limit')) expect(alone.ended_by).toBe('out_of_memory')
        expect((await shellIn(sandbox, 'head -c 20m /dev/zero | tail -n 1 | wc -c')).stdout.trim()).toBe('20971520')
      })

      it('refuses processes beyond the limit, and the next command starts as usual', async () => {
        const sandbox = await opened({ limits: { ...DEFAULT_SANDBOX_LIMITS, pids: 40 } })
        const bomb = await shellIn(sandbox, 'i=0; while [ $i -lt 100 ]; do sleep 20 & i=$((i+1)); done; echo all')
        expect(bomb.stdout).not.toContain('all')
        expect(await execIn(sandbox, ['true'])).toMatchObject({ exit_code: 0 })
      })

      it('refuses a writable layer beyond its size', async () => {
        const sandbox = await opened({
          limits: { ...DEFAULT_SANDBOX_LIMITS, upper_bytes: 8 * 1024 ** 2, upper_inodes: 200 },
        })
        expect((await shellIn(sandbox, 'head -c 20m /dev/zero > big')).stderr).toMatch(/no space left/i)
        expect(
          (await shellIn(sandbox, 'rm -f big; i=0; while [ $i -lt 400 ]; do : > f$i || exit 9; i=$((i+1)); done'))
            .exit_code,
        ).not.toBe(0)
      })
    })

    describe('close', () => {
      it('ends running commands, is idempotent, and nothing can be run afterwards', async () => {
        const sandbox = await opened()
        const running = execIn(sandbox, ['sleep', '60'])
        await sleep(100)
        await Promise.all([sandbox.close(), sandbox.close()])
        expect((await running).ended_by).toBe('aborted')
        await expect(execIn(sandbox, ['true'])).rejects.toMatchObject({ code: 'sandbox_unavailable' })
        expect(existsSync(sandbox.tree.path)).toBe(false)
      })

      it('has a fingerprint that is the same for every sandbox of a host', async () => {
        const [one, other] = [await opened(), await makeDriver(ground.home).open(ground.spec())]
        open.push(other)
        expect(one.fingerprint).toMatch(/^[0-9a-f]{64}$/)
        expect(other.fingerprint).toBe(one.fingerprint)
        expect(one.id).not.toBe(other.id)
      })

      it('refuses a checkout that is not there with a reason', async () => {
        await expect(driver.open(ground.spec({ checkout: join(ground.root, 'absent') }))).rejects.toMatchObject({
          code: 'sandbox_unavailable',
        })
        mkdirSync(join(ground.root, 'odd, name: with\\ things'))
        const odd = await opened({ checkout: join(ground.root, 'odd, name: with\\ things') })
        expect((await execIn(odd, ['true'])).exit_code).toBe(0)
      })
    })
  })
}
