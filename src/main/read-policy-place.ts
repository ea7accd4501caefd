import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  compileLevels,
  makeBundle,
  openBundle,
  policyFor,
  readPolicy,
  wideningProblems,
  type PolicyFile,
} from '#control-plane/policy'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import { EMPTY_BUNDLE, type PolicyBundle, type SealedBundle } from '#domain/policy'
import type { PolicyBundles, PolicyPlace, PolicyTexts } from '#ports'
import { cedarEngine, policyFiles, policyFolder, textOf } from './open-policy.ts'

type Levels = Extract<ReturnType<typeof compileLevels>, { readonly ok: true }>['value']

/** A policy as it was read, with what is wrong with it. */
export interface ReadPlace {
  readonly place: string
  readonly problems: readonly string[]
  readonly notes: readonly string[]
  readonly bundle: PolicyBundle
  readonly levels: Levels
  readonly version: string
  /** Tests that stand beside it. */
  readonly tests: readonly PolicyFile[]
  /** As it was sealed, where it was. */
  readonly sealed?: SealedBundle
}

interface Ground {
  readonly home: string
  readonly tenant: TenantId
  readonly bundles: () => Promise<PolicyBundles>
}

const OWN = ['policy.yaml', 'policy.yml'] as const

/**
 * Reads a policy folder, or a repository (its folder, or its `.gander/policy.yaml`) over the installation's own. Nothing
 * named is the installation's own. @throws GanderError `usage` where there is no such place
 */
export async function readPlace(ground: Ground, place: PolicyPlace): Promise<ReadPlace> {
  if (place === undefined) {
    const folder = policyFolder(ground.home)
    return readFiles(ground, folder, await policyFiles(folder))
  }
  return typeof place === 'string'
    ? readWords(ground, place, await policyWords(place))
    : readWords(ground, WORDS, place)
}

/** How words that came over a server are named. */
const WORDS = 'the policy'

/**
 * The words of a policy on this disk: a folder, a repository (its folder, or its `.gander/policy.yaml`), or a signed
 * policy (JSON). @throws GanderError `usage` where there is no such place
 */
export async function policyWords(place: string): Promise<PolicyTexts> {
  const found = await stat(place).catch(() => undefined)
  if (found === undefined)
    throw new GanderError('usage', `There is no ${place}.`, { remedy: 'Give a policy folder, a repository or a file.' })
  if (found.isFile() && place.endsWith('.json')) return { kind: 'sealed', sealed: await signedBundle(place) }
  const file = found.isFile() ? place : await ownPolicy(place)
  if (file === undefined) return { kind: 'folder', files: await policyFiles(place) }
  const tests = await textOf(testsOf(file))
  return { kind: 'repository', text: await readFile(file, 'utf8'), tests: tests ?? null }
}

const testsOf = (file: string): string => file.replace(/\.ya?ml$/, '-tests.yaml')

async function signedBundle(path: string): Promise<SealedBundle> {
  try {
    const read: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (typeof read !== 'object' || read === null || !('bundle' in read)) throw new Error('it holds no bundle')
    // What the bundle holds is checked by its hash when it is opened.
    return read as SealedBundle
  } catch (cause) {
    throw new GanderError('policy_invalid', `${path} is no signed policy; \`gander policy sign\` makes one.`, { cause })
  }
}

async function ownPolicy(repository: string): Promise<string | undefined> {
  for (const name of OWN) {
    const path = join(repository, '.gander', name)
    if ((await stat(path).catch(() => undefined)) !== undefined) return path
  }
  return undefined
}

async function readWords(ground: Ground, place: string, words: PolicyTexts): Promise<ReadPlace> {
  switch (words.kind) {
    case 'folder':
      return readFiles(ground, place, words.files)
    case 'repository':
      return readRepository(ground, place, words)
    case 'sealed':
      return readSealed(place, words.sealed)
    case 'kept': {
      const kept = await (await ground.bundles()).read(ground.tenant, words.sha256)
      if (kept !== undefined) return readSealed(words.sha256, kept)
      throw new GanderError('policy_not_found', `There is no policy ${words.sha256} on record.`)
    }
    default:
      return words satisfies never
  }
}

/** What was sealed is what its hash says, or nothing at all; who signed it is asked when it is to count. */
async function readSealed(place: string, sealed: SealedBundle): Promise<ReadPlace> {
  const trust = { require_signatures: false, keys: [] }
  const opened = openBundle(sealed, { sha256: sealed.sha256, trust, engine: await cedarEngine() })
  const levels = opened.ok ? opened.value.levels : []
  return {
    place,
    problems: opened.ok ? [] : [opened.refusal],
    notes: [],
    bundle: opened.ok ? sealed.bundle : EMPTY_BUNDLE,
    levels,
    version: policyFor(levels, '').effective.version,
    tests: [],
    ...(opened.ok && { sealed }),
  }
}

async function readFiles({ tenant }: Ground, place: string, files: readonly PolicyFile[]): Promise<ReadPlace> {
  const made = makeBundle(files, { tenant, engine: await cedarEngine() })
  const { bundle, levels } = made.ok ? made.value : { bundle: EMPTY_BUNDLE, levels: [] }
  return {
    place,
    problems: made.ok ? [] : made.refusal,
    notes:
      made.ok && files.length === 0 ? ['no policy is written here; the platform’s own rules are all there is'] : [],
    bundle,
    levels,
    version: policyFor(levels, '').effective.version,
    tests: files.filter(({ path }) => path.startsWith('tests/')),
  }
}

async function readRepository(
  ground: Ground,
  place: string,
  words: Extract<PolicyTexts, { readonly kind: 'repository' }>,
): Promise<ReadPlace> {
  const above = await readPlace(ground, undefined)
  const read = readPolicy(words.text, { level: 'repository', name: 'repository' })
  const own = read.ok ? compileLevels(read.value.documents, await cedarEngine()) : read
  const levels = [...above.levels, ...(own.ok ? own.value : [])]
  return {
    place,
    problems: [...above.problems, ...(own.ok ? [] : own.refusal)],
    notes: read.ok ? wideningProblems(read.value.document, above.bundle.documents) : [],
    bundle: { ...above.bundle, documents: levels.map(({ document }) => document) },
    levels,
    version: policyFor(levels, '').effective.version,
    tests: words.tests === null ? [] : [{ path: testsOf(OWN[0]), text: words.tests }],
  }
}
