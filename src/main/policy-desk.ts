import { stat, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import {
  createPolicy,
  diffDocuments,
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
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import { canonicalJson } from '#domain/json'
import type { ActiveBundle, PolicyBundle, PolicyDocument, SealedBundle } from '#domain/policy'
import type {
  PolicyActivation,
  PolicyBundles,
  PolicyDesk,
  PolicyLevelLine,
  PolicyPlace,
  PolicyTestOutcome,
  PolicyText,
} from '#ports'
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
  /** How many decisions are asked about at once, because all of them are held in memory. */
  readonly most_replayed: number
}

/** Wires `gander policy`. */
export function createPolicyDesk({ home, database_url }: PlatformSettings, tenant: TenantId): PolicyDesk {
  const database = once(() => openDatabase(database_url === undefined ? { home } : { url: database_url }))
  const bundles = async () => createPolicyBundles({ database: (await database()) satisfies Database, identifiers })
  return {
    ...policyDeskOver({ home, tenant, bundles, most_replayed: MOST_REPLAYED }),
    close: async () => {
      if (database.started()) await (await database()).close()
    },
  }
}

/** The desk over bundles that are open already; nothing is to be closed. */
export function policyDeskOver(desk: Desk): PolicyDesk {
  const { tenant, bundles } = desk
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
      const asked = await (await bundles()).decisionsSince(tenant, since, desk.most_replayed)
      const last = asked.length < desk.most_replayed ? undefined : asked.at(-1)
      return { ...replayDecisions(asked, levels), ...(last && { asked_until: last.created_at }) }
    },
    sign: (place, key_file) => sign(desk, place, key_file),
    keep: (place, by) => keep(desk, place, by),
    activate: (place, activation) => activate(desk, place, activation),
    versions: async (page) => (await bundles()).versions(tenant, page),
    show: () => show(desk),
    close: async () => {},
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

const wordsOf = async (file: string | PolicyText): Promise<PolicyText> =>
  typeof file === 'string' ? { path: file, text: await readFile(file, 'utf8') } : file

async function test(
  desk: Desk,
  place: PolicyPlace,
  files: readonly (string | PolicyText)[],
): Promise<readonly PolicyTestOutcome[]> {
  return tested(usable(await readPlace(desk, place)), await Promise.all(files.map(wordsOf)))
}

/** Runs the tests that are given, else those beside the policy. */
function tested(read: ReadPlace, given: readonly PolicyText[] = []): readonly PolicyTestOutcome[] {
  const tests = given.length === 0 ? read.tests : given
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

/** A policy that may be kept for a tenant: it can be used, its tests hold, and the installation's own level stands in it. */
async function sealable(desk: Desk, place: PolicyPlace): Promise<SealedBundle> {
  const read = usable(await readPlace(desk, place))
  const failed = tested(read).filter(({ passed }) => !passed)
  if (failed.length > 0)
    throw new GanderError('policy_tests_failed', `${failed.length} tests of the policy fail; it was not activated.`, {
      remedy: '`gander policy test` shows what was expected and what came.',
    })
  const sealed = read.sealed ?? sealBundle(read.bundle)
  await keepsInstallation(desk, sealed)
  return sealed
}

/** Other tenants write their own levels, and take over that of the installation as it is. */
async function keepsInstallation(desk: Desk, { bundle }: SealedBundle): Promise<void> {
  if (desk.tenant === LOCAL_TENANT) return
  const files = (await policyFiles(policyFolder(desk.home))).filter(({ path }) => path.startsWith('platform.'))
  const own = usable(await readPlace(desk, { kind: 'folder', files }))
  const levelOf = ({ documents }: PolicyBundle) => canonicalJson(documents.filter(({ level }) => level === 'platform'))
  if (levelOf(own.bundle) === levelOf(bundle)) return
  throw new GanderError('policy_invalid', "The policy does not hold the installation's own level as it is.", {
    remedy: 'Take platform.yaml over from whoever runs the installation, unchanged; leave it out where there is none.',
  })
}

async function keep(desk: Desk, place: PolicyPlace, by: string): Promise<SealedBundle> {
  const sealed = await sealable(desk, place)
  await (await desk.bundles()).keep(desk.tenant, sealed, by)
  return sealed
}

async function activate(
  desk: Desk,
  place: PolicyPlace,
  { signature, ...activation }: PolicyActivation,
): Promise<Omit<ActiveBundle, 'bundle'>> {
  const sealed = await sealable(desk, place)
  const bundle = signature === undefined ? sealed : { ...sealed, signature }
  const trust = await trustOf(desk)
  const untrusted = signatureProblem(bundle.bundle, bundle.signature, trust)
  if (untrusted !== undefined)
    throw new GanderError('policy_invalid', `The policy was not activated: ${untrusted}.`, {
      remedy: 'Sign it with `gander policy sign --key FILE --out policy.json`, and activate that file.',
    })
  return withoutBundle(await (await desk.bundles()).activate(desk.tenant, bundle, activation))
}

async function trustOf({ home }: Desk) {
  const trust = readTrust(await textOf(join(policyFolder(home), 'trust.yaml')))
  if (!trust.ok) throw new GanderError('policy_invalid', trust.refusal)
  return trust.value
}

async function documentsOf(desk: Desk, place: PolicyPlace): Promise<readonly PolicyDocument[]> {
  const isFile = typeof place !== 'string' || (await stat(place).catch(() => undefined)) !== undefined
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
