import { readFile } from 'node:fs/promises'
import process from 'node:process'
import {
  createCommandSigner,
  createCounterSigner,
  createKeySigner,
  keyOfPem,
  openKey,
  publishKey,
  type SignerCommand,
  type SigningKey,
} from '#adapters/signing'
import { GanderError } from '#domain/failure'
import type { EvidenceSigner } from '#ports'
import { once } from './once.ts'
import { keptHome, type PlatformSettings } from './shared-parts.ts'

type Home = Pick<PlatformSettings, 'home' | 'shared_home'>

/**
 * Who signs packets here: the key of GANDER_EVIDENCE_KEY or the home's own, then the program of GANDER_EVIDENCE_SIGNER.
 * With the key `none` the program signs alone. Public keys are kept where packets of this home are verified.
 */
async function openSigner(settings: Home, env: NodeJS.ProcessEnv = process.env): Promise<EvidenceSigner> {
  const [key, command] = await Promise.all([ownKey(settings, env), signerCommand(env)])
  if (command !== undefined) await publishKey('evidence', keptHome(settings), command.public_key)
  const signers = [
    ...(key === undefined ? [] : [createKeySigner(key)]),
    ...(command === undefined ? [] : [createCommandSigner(command)]),
  ]
  const [first] = signers
  if (first === undefined)
    throw new GanderError('evidence_key_unreadable', 'GANDER_EVIDENCE_KEY is none, and no program signs instead.', {
      remedy: 'Set GANDER_EVIDENCE_SIGNER and GANDER_EVIDENCE_SIGNER_KEY, or unset GANDER_EVIDENCE_KEY.',
    })
  return signers.length === 1 ? first : createCounterSigner(signers)
}

/** The public keys in PEM that packets of this home are signed with now. */
export async function publicKeys(settings: Home, env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const [key, command] = await Promise.all([ownKey(settings, env), signerCommand(env)])
  return [...(key === undefined ? [] : [key.public_key]), ...(command === undefined ? [] : [command.public_key])]
}

/** The signer of this process; keys are opened, or made, when the first packet is sealed. */
export function signerWhenNeeded(settings: Home): EvidenceSigner {
  const opened = once(() => openSigner(settings))
  return { sign: async (bytes) => (await opened()).sign(bytes) }
}

async function ownKey(settings: Home, env: NodeJS.ProcessEnv): Promise<SigningKey | undefined> {
  const given = env['GANDER_EVIDENCE_KEY'] ?? ''
  if (given === 'none') return undefined
  if (given === '') return openKey('evidence', settings.home, keptHome(settings))
  const key = keyOfPem('evidence', given.includes('-----BEGIN') ? given : await fileOf('GANDER_EVIDENCE_KEY', given))
  await publishKey('evidence', keptHome(settings), key.public_key)
  return key
}

async function signerCommand(env: NodeJS.ProcessEnv): Promise<SignerCommand | undefined> {
  const given = env['GANDER_EVIDENCE_SIGNER'] ?? ''
  if (given === '') return undefined
  const argv = wordsOf(given)
  const public_key = await fileOf('GANDER_EVIDENCE_SIGNER_KEY', env['GANDER_EVIDENCE_SIGNER_KEY'] ?? '')
  return { argv, public_key }
}

/** A path alone, or a JSON array of the program and its arguments: no shell reads it. */
function wordsOf(given: string): SignerCommand['argv'] {
  if (!given.startsWith('[')) return [given]
  const words: unknown = parsed(given)
  const [program, ...rest]: readonly unknown[] = Array.isArray(words) ? words : []
  if (typeof program === 'string' && rest.every((word) => typeof word === 'string')) return [program, ...rest]
  throw new GanderError('usage', 'GANDER_EVIDENCE_SIGNER is no JSON array of words.', {
    remedy: 'Set it to a path, or to an array such as ["/usr/local/bin/sign", "--key", "evidence"].',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const fileOf = (variable: string, path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new GanderError('evidence_key_unreadable', `The file that ${variable} names cannot be read.`, { cause })
  })
