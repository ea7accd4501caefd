import { ok, refuse, type Result } from '#domain/result'
import { shownCommand, type ProfilePhase, type VerificationProfile } from '#domain/verification'

/** Why a setup does not begin: a command of it turns on what the sandbox profile keeps off. */
export interface ScriptRefusal {
  readonly rule: 'setup.install_scripts'
  readonly message: string
}

/**
 * What keeps packages from running code while they are installed, tool by tool: npm, pnpm and both yarns skip install
 * scripts; pip, uv, Poetry and PDM take wheels only, so no stranger's `setup.py` is built (the repository's own may be);
 * Go never asks a version control program. `cargo fetch` and `go mod download` run nothing by themselves. Plugins of
 * Maven are code that the build is made of: what holds there is the door, not a switch.
 */
const QUIET = {
  npm_config_ignore_scripts: 'true',
  pnpm_config_ignore_scripts: 'true',
  YARN_ENABLE_SCRIPTS: 'false',
  YARN_IGNORE_SCRIPTS: 'true',
  PIP_ONLY_BINARY: ':all:',
  UV_NO_BUILD: '1',
  POETRY_INSTALLER_ONLY_BINARY: ':all:',
  PDM_ONLY_BINARY: ':all:',
  GOVCS: '*:off',
} as const

/** Words of a command that run a package's code, or undo one of the switches above. */
const LOUD: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/--no-ignore-scripts|--ignore-scripts[= ]+(?:false|0|no)\b/, 'turns install scripts on'],
  [/\b(?:npm|pnpm)_config_ignore_scripts=|\bYARN_(?:ENABLE|IGNORE)_SCRIPTS=/i, 'turns install scripts on'],
  [/\b(?:npm|pnpm|yarn)\s+(?:rebuild|rb)\b/, 'runs install scripts'],
  [/--no-binary\b|--only-binary[= ]+:none:|\bPIP_(?:ONLY|NO)_BINARY=/, "builds strangers' packages from source"],
  [/\bUV_NO_BUILD=|--no-config-settings\b/, "builds strangers' packages from source"],
  [
    /\bcargo\s+(?:\+\S+\s+)?(?:build|b|test|t|check|c|run|r|install|bench|clippy|doc|rustc)\b/,
    'runs build scripts of crates',
  ],
  [/\bgo\s+(?:-C\s+\S+\s+)?(?:generate|run|test)\b/, 'runs code of modules'],
]

/** Switches that a profile found by the platform carries for the case that scripts are off. */
const CARRIED = new Set(['--ignore-scripts', '--mode=skip-build'])

/**
 * The setup of a profile as a sandbox profile lets it run. Where scripts are off, the switches have the last word over
 * what the phases set, and a repository's own command that undoes them is refused. Where they are on, a command of the
 * platform's own making loses its switches; one that somebody wrote runs as it is written.
 */
export function fencedSetup(
  profile: VerificationProfile,
  wish: { readonly install_scripts: boolean; readonly written: boolean },
): Result<VerificationProfile, ScriptRefusal> {
  const { setup } = profile
  if (setup === undefined) return ok(profile)
  if (wish.install_scripts) return ok(wish.written ? profile : { ...profile, setup: setup.map(withScripts) })
  for (const phase of wish.written ? setup : []) {
    const words = phase.argv.join(' ')
    const loud = LOUD.find(([pattern]) => pattern.test(words))
    if (loud !== undefined) return refuse(refusal(phase, loud[1]))
  }
  return ok({ ...profile, setup: setup.map((phase) => ({ ...phase, env: { ...phase.env, ...QUIET } })) })
}

const withScripts = (phase: ProfilePhase): ProfilePhase => ({
  ...phase,
  argv: phase.argv.filter((word) => !CARRIED.has(word)),
})

const refusal = (phase: ProfilePhase, what: string): ScriptRefusal => ({
  rule: 'setup.install_scripts',
  message: `The setup phase ${phase.id} (${shownCommand(phase).slice(0, 200)}) ${what}, and packages run no code while they are installed. Take it out of setup, or set packages.install_scripts in the sandbox profile.`,
})

/** What to add to the reason of a setup that failed because nothing is built from source; empty for any other. */
export const sourceOnlyHint = (reason: string, install_scripts: boolean): string =>
  !install_scripts && /No matching distribution found|from versions: none|building.*is disabled|no-build/i.test(reason)
    ? ' Packages without a wheel are not built, because install scripts are off: set packages.install_scripts in the sandbox profile if they are trusted.'
    : ''
