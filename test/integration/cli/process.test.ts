import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'gander-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const GANDER = resolve('bin/gander')
const env = { ...process.env, GANDER_HOME: join(folder, 'home'), NO_COLOR: '1' }
const gander = (argv: readonly string[], input = '') =>
  spawnSync(GANDER, argv, { encoding: 'utf8', env, input, cwd: folder })

describe('bin/gander', () => {
  test('starts through a symbolic link from another folder', () => {
    const link = join(folder, 'g')
    symlinkSync(GANDER, link)
    expect(execFileSync(link, ['--version'], { encoding: 'utf8', cwd: '/' })).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  test('keeps a piped key in a file that only its owner can read', () => {
    expect(gander(['login', 'anthropic'], 'sk-test\n').status).toBe(0)
    expect(statSync(join(folder, 'home', 'keys.json')).mode & 0o777).toBe(0o600)
    expect(gander(['login', 'anthropic', '--forget']).status).toBe(0)
  })

  test('tells a damaged key file apart from a missing one', () => {
    writeFileSync(join(folder, 'home', 'keys.json'), '{')
    const { status, stderr } = gander(['login'])
    expect(status).toBe(5)
    expect(stderr).toContain('keys.json could not be read')
    rmSync(join(folder, 'home', 'keys.json'))
  })

  for (const shell of ['bash', 'zsh', 'fish'])
    test(`prints a completion script that ${shell} accepts`, ({ skip }) => {
      const script = gander(['completion', shell]).stdout
      expect(script).toContain('analysis_only')
      if (spawnSync('sh', ['-c', `command -v ${shell}`]).status !== 0) skip(`${shell} is not installed`)
      expect(spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    })

  test('completes verbs and choices in bash', () => {
    const script = gander(['completion', 'bash']).stdout
    const asked = `${script}\nCOMP_WORDS=(gander run --mode d); COMP_CWORD=3; _gander; echo "\${COMPREPLY[@]}"`
    expect(execFileSync('bash', ['-c', asked], { encoding: 'utf8' }).trim()).toBe('dry_run_patch draft_pr')
  })
})
