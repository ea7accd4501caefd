import { describe, expect, it } from 'vitest'
import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import { fencedSetup, sourceOnlyHint } from './index.ts'

const profileOf = (argv: readonly string[], env?: ProfilePhase['env']): VerificationProfile => ({
  id: 'x',
  version: 'v',
  ecosystem: 'command',
  registry_hosts: [],
  phases: [],
  found_by: 'x',
  setup: [{ id: 'install', argv, ...(env === undefined ? {} : { env }), required: true, timeout_seconds: 9 }],
})
const fenced = (argv: readonly string[], install_scripts: boolean, written: boolean, env?: ProfilePhase['env']) => {
  const result = fencedSetup(profileOf(argv, env), { install_scripts, written })
  return result.ok ? result.value.setup?.[0] : result.refusal.message
}

describe('install scripts', () => {
  it('are off for every tool, whatever a phase sets', () => {
    expect(
      fenced(['npm', 'ci'], false, true, { npm_config_ignore_scripts: 'false', PIP_ONLY_BINARY: '', A: 'b' }),
    ).toMatchObject({
      env: {
        npm_config_ignore_scripts: 'true',
        YARN_ENABLE_SCRIPTS: 'false',
        PIP_ONLY_BINARY: ':all:',
        UV_NO_BUILD: '1',
        GOVCS: '*:off',
        A: 'b',
      },
    })
  })

  it.each([
    [['npm', 'ci', '--ignore-scripts=false']],
    [['npm', 'ci', '--no-ignore-scripts']],
    [['npm', 'rebuild']],
    [['sh', '-c', 'npm_config_ignore_scripts=0 npm ci']],
    [['sh', '-c', 'YARN_ENABLE_SCRIPTS=1 yarn install']],
    [['pip', 'install', '--no-binary', ':all:', 'x']],
    [['cargo', 'build']],
    [['cargo', '+nightly', 'test']],
    [['sh', '-c', 'cd a && cargo install x']],
    [['go', 'generate', './...']],
    [['go', 'run', './tool']],
  ])('a command of a repository that runs them is refused: %j', (argv) => {
    expect(fenced(argv, false, true)).toMatch(/packages run no code .* packages\.install_scripts/s)
    expect(fenced(argv, true, true)).toMatchObject({ argv })
  })

  it.each([
    [['npm', 'ci', '--ignore-scripts']],
    [['sh', '-c', 'npm ci && npm run prepare-fixtures']],
    [['pip', 'install', '-r', 'requirements.txt']],
    [['cargo', 'fetch', '--locked']],
    [['go', 'mod', 'download']],
    [['mvn', 'test']],
  ])('a command that only installs runs: %j', (argv) => {
    expect(fenced(argv, false, true)).toMatchObject({ argv })
  })

  it('that a profile allows run: the platform takes its own switches back, and leaves what people wrote', () => {
    expect(fenced(['npm', 'ci', '--ignore-scripts'], true, false)).toMatchObject({ argv: ['npm', 'ci'] })
    expect(fenced(['npx', 'yarn', 'install', '--mode=skip-build'], true, false)).toMatchObject({
      argv: ['npx', 'yarn', 'install'],
    })
    expect(fenced(['npm', 'ci', '--ignore-scripts'], true, true)).toMatchObject({
      argv: ['npm', 'ci', '--ignore-scripts'],
    })
  })

  it('are named as the reason where a package has no wheel', () => {
    const said = 'ERROR: No matching distribution found for x'
    expect(sourceOnlyHint(said, false)).toMatch(/install_scripts/)
    expect([sourceOnlyHint(said, true), sourceOnlyHint('no route', false)]).toEqual(['', ''])
  })
})
