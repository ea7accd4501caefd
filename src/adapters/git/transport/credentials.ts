import { execFile } from 'node:child_process'
import process from 'node:process'
import type { Address, Credentials } from './address.ts'
import type { Setting } from './trusted-environment.ts'

/** What a git process needs to prove who the user is: settings, and secrets by environment only. */
export interface Access {
  readonly settings: readonly Setting[]
  readonly env: { readonly [name: string]: string }
}

const NONE: Access = { settings: [], env: {} }

/** Answers git's question for exactly this process from its own environment; the secret is in no argument or file. */
const FROM_ENVIRONMENT =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$GANDER_GIT_USERNAME" "$GANDER_GIT_PASSWORD"; }; f'

/**
 * How this user reaches an address: credentials that came with it, else the credential helpers of the user's own and
 * the machine's git configuration. No other setting of theirs is read.
 */
export async function accessTo(address: Address, given: Credentials | null): Promise<Access> {
  if (address.kind === 'local' || address.protocol === 'ssh') return NONE
  if (given === null) return { settings: await userHelpers(), env: {} }
  return {
    settings: [[`credential.${new URL(address.url).origin}.helper`, FROM_ENVIRONMENT]],
    env: { GANDER_GIT_USERNAME: given.username, GANDER_GIT_PASSWORD: given.password },
  }
}

async function userHelpers(): Promise<readonly Setting[]> {
  const scopes = await Promise.all([credentialSettings('--system'), credentialSettings('--global')])
  return scopes.flat()
}

function credentialSettings(scope: '--system' | '--global'): Promise<readonly Setting[]> {
  return new Promise((resolve) => {
    execFile(
      'git',
      ['config', scope, '--includes', '-z', '--get-regexp', '^credential\\.'],
      { cwd: '/', env: { ...process.env, GIT_DIR: '/dev/null' }, timeout: 5000 },
      (error, stdout) => resolve(error === null ? parseSettings(stdout) : []),
    )
  })
}

function parseSettings(text: string): readonly Setting[] {
  return text
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry): Setting => {
      const newline = entry.indexOf('\n')
      return newline < 0 ? [entry, 'true'] : [entry.slice(0, newline), entry.slice(newline + 1)]
    })
}
