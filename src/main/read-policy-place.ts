import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  compileLevels,
  makeBundle,
  policyFor,
  readPolicy,
  wideningProblems,
  type PolicyFile,
} from '#control-plane/policy'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import { EMPTY_BUNDLE, type PolicyBundle } from '#domain/policy'
import type { PolicyPlace } from '#ports'
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
}

interface Ground {
  readonly home: string
  readonly tenant: TenantId
}

const OWN = ['policy.yaml', 'policy.yml'] as const

/**
 * Reads a policy folder, or a repository (its folder, or its `.gander/policy.yaml`) over the installation's own. Nothing
 * named is the installation's own. @throws GanderError `usage` where there is no such place
 */
export async function readPlace(ground: Ground, place: PolicyPlace): Promise<ReadPlace> {
  if (place === undefined) return readFolder(ground, policyFolder(ground.home))
  const found = await stat(place).catch(() => undefined)
  if (found === undefined)
    throw new GanderError('usage', `There is no ${place}.`, { remedy: 'Give a policy folder, a repository or a file.' })
  const file = found.isFile() ? place : await ownPolicy(place)
  return file === undefined ? readFolder(ground, place) : readRepository(ground, file)
}

async function ownPolicy(repository: string): Promise<string | undefined> {
  for (const name of OWN) {
    const path = join(repository, '.gander', name)
    if ((await stat(path).catch(() => undefined)) !== undefined) return path
  }
  return undefined
}

async function readFolder({ tenant }: Ground, folder: string): Promise<ReadPlace> {
  const files = await policyFiles(folder)
  const made = makeBundle(files, { tenant, engine: await cedarEngine() })
  const { bundle, levels } = made.ok ? made.value : { bundle: EMPTY_BUNDLE, levels: [] }
  return {
    place: folder,
    problems: made.ok ? [] : made.refusal,
    notes:
      made.ok && files.length === 0 ? ['no policy is written here; the platform’s own rules are all there is'] : [],
    bundle,
    levels,
    version: policyFor(levels, '').effective.version,
    tests: files.filter(({ path }) => path.startsWith('tests/')),
  }
}

async function readRepository(ground: Ground, file: string): Promise<ReadPlace> {
  const above = await readFolder(ground, policyFolder(ground.home))
  const read = readPolicy(await readFile(file, 'utf8'), { level: 'repository', name: 'repository' })
  const own = read.ok ? compileLevels([read.value.document], await cedarEngine()) : read
  const levels = [...above.levels, ...(own.ok ? own.value : [])]
  const tests = await textOf(file.replace(/\.ya?ml$/, '-tests.yaml'))
  return {
    place: file,
    problems: [...above.problems, ...(own.ok ? [] : own.refusal)],
    notes: read.ok ? wideningProblems(read.value.document, above.bundle.documents) : [],
    bundle: { ...above.bundle, documents: levels.map(({ document }) => document) },
    levels,
    version: policyFor(levels, '').effective.version,
    tests: tests === undefined ? [] : [{ path: file.replace(/\.ya?ml$/, '-tests.yaml'), text: tests }],
  }
}
