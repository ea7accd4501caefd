import { stat, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  createPolicy,
  diffDocuments,
  openBundle,
  openCurrentPolicy,
  policyFor,
  questionOf,
  readPolicyTests,
  readTrust,
  replayDecisions,
  ruleCount,
  runPolicyTests,
  sealBundle,
  signatureProblem,
  signBundle,
} from '#control-plane/policy'
import { createPolicyBundles, openDatabase, type Database } from '#adapters/postgres'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { ActiveBundle, PolicyDocument, SealedBundle } from '#domain/policy'
import type { PolicyBundles, PolicyDesk, PolicyLevelLine, PolicyPlace, PolicyTestOutcome } from '#ports'
import { cedarEngine, policyFiles, policyFolder, textOf } from './open-policy.ts'
import { once } from './once.ts'
import { readPlace, type ReadPlace } from './read-policy-place.ts'
import { identifiers, systemClock } from './system-clock.ts'
import type { PlatformSettings } from './shared-parts.ts'

/** What the desk works on. The database is opened by what needs it, and checking a file needs none. */
interface Desk {
  readonly home: string
  readonly tenant: TenantId
  readonly bundles: () => Promise<PolicyBundles>
}

/** Wires `gander policy`. */
export function createPolicyDesk({ home, database_url }: PlatformSettings, tenant: TenantId): PolicyDesk {
  const database = once(() => openDatabase(database_url === undefined ? { home } : { url: database_url }))
  const bundles = async () => createPolicyBundles({ database: (await database()) satisfies Database, identifiers })
  const desk: Desk = { home, tenant, bundles }
  return {
    check: async (place) => reportOf(await readPlace(desk, place)),
    test: (place, files) => test(desk, place, files),
    explain: async (place, wish) => {
      const { levels } = usable(await readPlace(desk, place))
      const { question, subject } = questionOf(wish)
      const policy = policyFor(levels, subject.repository)
      return createPolicy({ identifiers, levels: { policy, subject } }).decide(question)
    },
    decision: async (id) => (await bundles()).decision(tenant, id),
    diff: async (before, after) => diffDocuments(await documentsOf(desk, before), await documentsOf(desk, after)),
    replay: async (place, since) => {
      const { levels } = usable(await readPlace(desk, place))
      return replayDecisions(await (await bundles()).decisionsSince(tenant, since, MOST_REPLAYED), levels)
    },
    sign: (place, key_file) => sign(desk, place, key_file),
    activate: (place, by, reason) => activate(desk, place, { by, reason }),
    show: () => show(desk),
    close: async () => {
      if (database.started()) await (await database()).close()
    },
  }
}

const MOST_REPLAYED = 200_000

/** A policy that can be decided by; @throws GanderError `policy_invalid` with every problem. */
function usable(read: ReadPlace): ReadPlace {
  if (read.problems.length === 0) return read
  const shown = read.problems.slice(0, 20).join('\n  ')
  throw new GanderError('policy_invalid', `${read.place} cannot be used:\n  ${shown}`)
}

const reportOf = ({ place, problems, notes, levels, version, bundle }: ReadPlace) => ({
  place,
  problems,
  notes,
  sha256: problems.length > 0 ? null : sealBundle(bundle).sha256,
  version: problems.length > 0 ? null : version,
  levels: levels.map(({ document }) => lineOf(document)),
  expires_at: bundle.expires_at,
})

const lineOf = (document: PolicyDocument): PolicyLevelLine => ({
  name: document.name,
  level: document.level,
  rules: ruleCount(document),
  applies_to: document.applies_to,
})

async function test(desk: Desk, place: PolicyPlace, files: readonly string[]): Promise<readonly PolicyTestOutcome[]> {
  const read = usable(await readPlace(desk, place))
  const tests =
    files.length === 0
      ? read.tests
      : await Promise.all(files.map(async (path) => ({ path, text: await readFile(path, 'utf8') })))
  return tests.flatMap(({ path, text }) => {
    const found = readPolicyTests(text)
    if (!found.ok)
      throw new GanderError('policy_invalid', `The tests ${path} cannot be read:\n  ${found.refusal.join('\n  ')}`)
    return runPolicyTests(found.value, { levels: read.levels, identifiers }).map((outcome) => ({
      file: basename(path),
      ...outcome,
    }))
  })
}

async function sign(desk: Desk, place: PolicyPlace, key_file: string): Promise<SealedBundle> {
  const { bundle } = usable(await readPlace(desk, place))
  const key = await textOf(key_file)
  const signed = key === undefined ? undefined : signBundle(bundle, key)
  if (signed?.ok !== true)
    throw new GanderError('usage', signed === undefined ? `There is no key file ${key_file}.` : `${signed.refusal}.`)
  return sealBundle(bundle, signed.value)
}

interface Activation {
  readonly by: string
  readonly reason: string
}

async function activate(
  desk: Desk,
  place: PolicyPlace,
  { by, reason }: Activation,
): Promise<Omit<ActiveBundle, 'bundle'>> {
  const sealed = place?.endsWith('.json') === true ? await signedBundle(place) : undefined
  if (sealed === undefined) {
    const failed = (await test(desk, place, [])).filter(({ passed }) => !passed)
    if (failed.length > 0)
      throw new GanderError('policy_tests_failed', `${failed.length} tests of the policy fail; it was not activated.`, {
        remedy: '`gander policy test` shows what was expected and what came.',
      })
  }
  const bundle = sealed ?? sealBundle(usable(await readPlace(desk, place)).bundle)
  const trust = await trustOf(desk)
  const untrusted = signatureProblem(bundle.bundle, bundle.signature, trust)
  if (untrusted !== undefined)
    throw new GanderError('policy_invalid', `The policy was not activated: ${untrusted}.`, {
      remedy: 'Sign it with `gander policy sign --key FILE --out policy.json`, and activate that file.',
    })
  const opened = openBundle(bundle, { sha256: bundle.sha256, trust, engine: await engineFor(bundle) })
  if (!opened.ok) throw new GanderError('policy_invalid', `The policy was not activated: ${opened.refusal}.`)
  return withoutBundle(await (await desk.bundles()).activate(desk.tenant, bundle, by, reason))
}

async function signedBundle(path: string): Promise<SealedBundle> {
  try {
    // What it holds is checked by its hash when it is opened.
    return JSON.parse(await readFile(path, 'utf8')) as SealedBundle
  } catch (cause) {
    throw new GanderError('policy_invalid', `${path} is no signed policy; \`gander policy sign\` makes one.`, { cause })
  }
}

const engineFor = async ({ bundle }: SealedBundle) =>
  bundle.documents.some(({ cedar }) => cedar !== null) ? cedarEngine() : undefined

async function trustOf({ home }: Desk) {
  const trust = readTrust(await textOf(join(policyFolder(home), 'trust.yaml')))
  if (!trust.ok) throw new GanderError('policy_invalid', trust.refusal)
  return trust.value
}

async function documentsOf(desk: Desk, place: PolicyPlace): Promise<readonly PolicyDocument[]> {
  const isFile = place === undefined || (await stat(place).catch(() => undefined)) !== undefined
  if (isFile) return usable(await readPlace(desk, place)).bundle.documents
  const bundles = await desk.bundles()
  if (place === 'active') return (await bundles.active(desk.tenant))?.bundle.documents ?? []
  const kept = await bundles.read(desk.tenant, place)
  if (kept === undefined)
    throw new GanderError('usage', `There is no policy ${place}.`, {
      remedy: 'Give a folder, a file, the whole hash of a bundle on record, or `active`.',
    })
  return kept.bundle.documents
}

async function show(desk: Desk): Promise<Awaited<ReturnType<PolicyDesk['show']>>> {
  const { tenant, home } = desk
  const bundles = await desk.bundles()
  const folder = policyFolder(home)
  const current = openCurrentPolicy({
    clock: systemClock,
    bundles,
    files: () => policyFiles(folder),
    trust: async () => readTrust(await textOf(join(folder, 'trust.yaml'))),
    engine: cedarEngine,
  })
  const [active, opened, history, files] = await Promise.all([
    bundles.active(tenant),
    current.active(tenant),
    bundles.history(tenant, 10),
    readPlace(desk, undefined),
  ])
  const ended = opened.ok && opened.value.expires_at !== null && Date.parse(opened.value.expires_at) <= Date.now()
  const caps = opened.ok ? policyFor(opened.value.levels, '').effective.caps : null
  return {
    active: active === undefined ? null : withoutBundle(active),
    levels: opened.ok ? opened.value.levels.map(({ document }) => lineOf(document)) : [],
    caps,
    closed: opened.ok ? (ended ? `the active policy ended at ${opened.value.expires_at}` : null) : opened.refusal,
    history,
    files_differ:
      active !== undefined &&
      files.bundle.documents.length > 0 &&
      (files.problems.length > 0 || sealBundle(files.bundle).sha256 !== active.sha256),
  }
}

const withoutBundle = (active: ActiveBundle): Omit<ActiveBundle, 'bundle'> => {
  const { sha256, signature, activated_at, activated_by, reason } = active
  return { sha256, signature, activated_at, activated_by, reason }
}
