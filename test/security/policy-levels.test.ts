import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ACTION_RESOURCES,
  createRunPolicies,
  makeBundle,
  openBundle,
  openCurrentPolicy,
  readPolicy,
  readTrust,
  sealBundle,
  signBundle,
  type PolicyFile,
} from '#control-plane/policy'
import { createCedarEngine } from '#adapters/policy/cedar'
import { createPolicyBundles } from '#adapters/postgres'
import { LOCAL_TENANT, type RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import { EMPTY_BUNDLE } from '#domain/policy'
import type { PolicyBundles, PolicyQuestion, RunPolicy } from '#ports'
import { identifiers, startTestServer, type TestDatabase, type TestServer } from '../support/database.ts'
import { submission } from '../support/store-fixtures.ts'

const engine = createCedarEngine({ actions: ACTION_RESOURCES })
const RUN = 'run_1' as RunId
const task: Task = { ...submission().task, repository: 'https://forge.example.org/pay/api' }

let server: TestServer
let db: TestDatabase
let bundles: PolicyBundles
let now = Date.now()
const clock = { now: () => now, sleep: async () => undefined }

beforeAll(async () => {
  server = await startTestServer()
  db = await server.database()
  bundles = createPolicyBundles({ database: db.database, identifiers })
})
afterAll(() => server.stop())

const bundleOf = (...files: readonly PolicyFile[]) => {
  const made = makeBundle(files, { tenant: LOCAL_TENANT, engine })
  if (!made.ok) throw new Error(made.refusal.join('; '))
  return made.value.bundle
}
const denying = (...paths: readonly string[]) =>
  bundleOf({ path: 'platform.yaml', text: JSON.stringify({ paths: { denied: paths } }) })
const activate = (bundle: ReturnType<typeof bundleOf>) =>
  bundles.activate(LOCAL_TENANT, sealBundle(bundle), { by: 'ada', reason: '' })

interface World {
  readonly of?: PolicyBundles
  readonly trust?: string
  readonly files?: readonly PolicyFile[]
}

/** The policies of an installation whose active bundle is the database's; nothing is remembered from another test. */
function policies({ of = bundles, trust, files = [] }: World = {}) {
  const current = openCurrentPolicy({
    clock,
    bundles: of,
    files: async () => files,
    trust: async () => readTrust(trust),
    engine: async () => engine,
  })
  return createRunPolicies({ identifiers, clock, current, engine: async () => engine })
}

function ask(policy: RunPolicy, path: string, over: Partial<PolicyQuestion> = {}) {
  return policy.decide({
    action: 'file.write',
    run_id: RUN,
    state: 'editing',
    paths: [path],
    argv: [],
    scope: DEFAULT_SCOPE,
    args_hash: 'a'.repeat(64),
    facts: { content_class: 'text', mode: 'draft_pr' },
    ...over,
  })
}
const answer = (policy: RunPolicy, path: string) => ask(policy, path).answer

const problemsOf = (text: string) => {
  const read = readPolicy(text, { level: 'repository', name: 'repository' })
  return read.ok ? '' : read.refusal.join('; ')
}

describe('PO-01 a level below', () => {
  it.each([
    ['paths: {allowed: [infra/**]}', 'paths.allowed (line 1) would widen'],
    ['permit: [shell.exec]', 'permit (line 1) would widen'],
    ['allow: all', 'would widen'],
    ['egress: {ask: true}', 'egress.ask'],
    ['applies_to: ["*"]', 'applies_to is for teams'],
    ['cedar: |\n  @id("a") permit (principal, action, resource);', ''],
  ])('has no word that permits: %s', async (text, said) => {
    expect(problemsOf(text)).toContain(said)
    const policy = await policies().open({ run_id: RUN, task })
    const bound = await policy.bindRepository(text)
    expect(bound.ok, 'a file that is refused closes the run').toBe(false)
    expect(answer(policy, 'src/a.ts')).toBe('deny')
  })

  it('that says a larger number is refused in a bundle, and has no effect in a repository', async () => {
    const files = (cost: number, team: number): readonly PolicyFile[] => [
      { path: 'platform.yaml', text: `budgets: {run: {max_cost_usd: ${cost}}}\nmax_mode: local_branch` },
      { path: 'teams/pay.yaml', text: `applies_to: ["*/pay/*"]\nbudgets: {run: {max_cost_usd: ${team}}}` },
    ]
    const wider = makeBundle(files(2, 9), { tenant: LOCAL_TENANT })
    expect(wider.ok ? '' : wider.refusal.join()).toContain('9 is more than 2')
    await activate(bundleOf(...files(2, 1)))
    now += 2_000
    const policy = await policies().open({ run_id: RUN, task })
    const notes = await policy.bindRepository('max_mode: draft_pr\nbudgets: {run: {max_cost_usd: 50}}')
    expect(notes).toMatchObject({
      ok: true,
      value: [expect.stringContaining('draft_pr is more than'), expect.anything(), expect.anything()],
    })
    expect(policy.effective.caps).toMatchObject({ max_mode: 'local_branch', budgets: { run: { max_cost_usd: 1 } } })
  })

  it('still takes away', async () => {
    await activate(EMPTY_BUNDLE)
    const policy = await policies().open({ run_id: RUN, task })
    expect(answer(policy, 'src/a.ts')).toBe('allow')
    await policy.bindRepository('paths: {denied: [src/**]}')
    expect(ask(policy, 'src/a.ts')).toMatchObject({
      answer: 'deny',
      matched_rules: expect.arrayContaining([{ policy: 'repository', rule: 'paths.denied.1', effect: 'deny' }]),
    })
    expect(answer(policy, 'docs/a.md')).toBe('allow')
  })
})

describe('PO-04 a bundle', () => {
  const opened = async (world: World) => policies(world).open({ run_id: RUN, task })

  it('that is there, whole and in time is decided by', async () => {
    await activate(denying('infra/**'))
    const policy = await opened({})
    expect([answer(policy, 'src/a.ts'), answer(policy, 'infra/a.tf')]).toEqual(['allow', 'deny'])
  })

  it.each<[string, Partial<PolicyBundles>, string]>([
    ['cannot be read', { active: () => Promise.reject(new Error('the engine is down')) }, 'the engine is down'],
    [
      'was altered',
      {
        active: async () => ({
          ...sealBundle(denying('x')),
          bundle: EMPTY_BUNDLE,
          activated_at: '',
          activated_by: '',
          reason: '',
        }),
      },
      'altered',
    ],
    [
      'is no bundle',
      {
        active: async () => ({
          bundle: null as never,
          sha256: 'f'.repeat(64),
          signature: null,
          activated_at: '',
          activated_by: '',
          reason: '',
        }),
      },
      'cannot be read',
    ],
  ])('that %s allows nothing', async (_, broken, why) => {
    const policy = await opened({ of: { ...bundles, ...broken } })
    expect(ask(policy, 'src/a.ts')).toMatchObject({
      answer: 'deny',
      matched_rules: [{ policy: 'platform', rule: 'policy.closed', effect: 'deny' }],
      explanation: expect.stringContaining(why),
    })
  })

  it('that was altered in the database itself allows nothing', async () => {
    const { sha256 } = await activate(denying('secret-altered/**'))
    await db.asOwner('update gander.policy_bundle set bundle = $1 where sha256 = $2', [
      JSON.stringify(EMPTY_BUNDLE),
      sha256,
    ])
    expect(ask(await opened({}), 'src/a.ts').explanation).toContain('altered')
  })

  it('that a run is pinned to and that is gone allows nothing', async () => {
    await activate(EMPTY_BUNDLE)
    const pinned = { bundle_sha256: 'e'.repeat(64), repository: null }
    const policy = await policies().open({ run_id: RUN, task }, pinned)
    expect(ask(policy, 'src/a.ts').explanation).toContain('is not on record')
  })

  it('that has ended allows nothing from that moment on', async () => {
    const ends = new Date(now + 5_000).toISOString()
    await activate(bundleOf({ path: 'platform.yaml', text: `expires: ${ends}` }))
    const policy = await opened({})
    expect(answer(policy, 'src/a.ts')).toBe('allow')
    now += 5_001
    expect(ask(policy, 'src/a.ts')).toMatchObject({ answer: 'deny', explanation: expect.stringContaining('ended') })
  })

  it('that was read stays in force for ten seconds without the database, and no longer', async () => {
    await activate(denying('infra/**'))
    let isDown = false
    const active: PolicyBundles['active'] = (tenant) =>
      isDown ? Promise.reject(new Error('down')) : bundles.active(tenant)
    const policy = await opened({ of: { ...bundles, active } })
    isDown = true
    now += 5_000
    await policy.refresh()
    expect([answer(policy, 'src/a.ts'), answer(policy, 'infra/a.tf')]).toEqual(['allow', 'deny'])
    now += 6_000
    await policy.refresh()
    expect(answer(policy, 'src/a.ts')).toBe('deny')
    isDown = false
    now += 2_000
    await policy.refresh()
    expect(answer(policy, 'src/a.ts')).toBe('allow')
  })

  it('that nobody signed is refused where signatures are required, and one that a trusted key signed is not', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const other = generateKeyPairSync('ed25519')
    const pem = (key: typeof privateKey) => key.export({ type: 'pkcs8', format: 'pem' })
    const trust = JSON.stringify({
      require_signatures: true,
      keys: [publicKey.export({ type: 'spki', format: 'pem' })],
    })
    const bundle = denying('infra/**')
    const explained = async (signed: ReturnType<typeof signBundle> | undefined) => {
      const signature = signed?.ok === true ? signed.value : null
      await bundles.activate(LOCAL_TENANT, sealBundle(bundle, signature), { by: 'ada', reason: '' })
      now += 2_000
      return ask(await opened({ trust }), 'src/a.ts')
    }
    expect((await explained(undefined)).explanation).toContain('requires signatures')
    expect((await explained(signBundle(bundle, pem(other.privateKey)))).explanation).toContain('does not trust')
    expect((await explained(signBundle(denying('x/**'), pem(privateKey)))).explanation).toContain('does not hold')
    expect((await explained(signBundle(bundle, pem(privateKey)))).answer).toBe('allow')
    expect((await opened({ trust: 'require_signatures: maybe' })).closed).toContain('trust.yaml')
  })
})

describe('PO-06 a path', () => {
  const SPELLINGS = [
    '.github/workflows/x.yml',
    'SECRETS/key',
    'pkg/Secrets/key',
    'ＳＥＣＲＥＴＳ/key',
    'sec\u200brets/key',
    'secrets./key',
  ]
  const YAML = 'paths: {denied: ["**/secrets/**", "**/.github/**"]}'
  const CEDAR = `cedar: |
  @id("folder") forbid (principal, action == Action::"file.write", resource) when { resource.components.contains("secrets") };
  @id("like") forbid (principal, action == Action::"file.write", resource) when { resource.path like "*/.github/*" };`

  it.each([
    ['YAML', YAML],
    ['Cedar', CEDAR],
  ])('is the same path in any spelling, for %s', async (_, text) => {
    await activate(EMPTY_BUNDLE)
    now += 2_000
    const policy = await policies().open({ run_id: RUN, task })
    expect(await policy.bindRepository(text)).toMatchObject({ ok: true })
    for (const path of SPELLINGS) expect(answer(policy, path), path).toBe('deny')
    for (const path of ['src/secrets.ts', 'src/github/x.yml']) expect(answer(policy, path), path).toBe('allow')
  })

  it('in other letters than rules are compared with is told when the policy is read, and not found out later', () => {
    const text =
      '@id("a") forbid (principal, action == Action::"file.write", resource) when { resource.name == "Makefile" };'
    const prepared = engine.prepare(text)
    expect(prepared.ok ? '' : prepared.refusal.join()).toContain('lower case')
  })
})

describe('PO-07 a policy that changes while a run is under way', () => {
  it('forbids at once, opens nothing, and is another version for whoever was asked before', async () => {
    await activate(denying('infra/**'))
    now += 2_000
    const policy = await policies().open({ run_id: RUN, task })
    const { pinned, version } = policy
    await activate(denying('docs/**'))
    expect(answer(policy, 'docs/a.md')).toBe('allow')
    now += 1_001
    await policy.refresh()
    expect(answer(policy, 'docs/a.md')).toBe('deny')
    expect(answer(policy, 'infra/a.tf'), 'the new bundle would open it').toBe('deny')
    expect(answer(policy, 'src/a.ts')).toBe('allow')
    expect(policy.version).not.toBe(version)

    await activate(EMPTY_BUNDLE)
    now += 1_001
    await policy.refresh()
    expect([answer(policy, 'docs/a.md'), answer(policy, 'infra/a.tf')]).toEqual(['allow', 'deny'])
    const resumed = await policies().open({ run_id: RUN, task }, pinned)
    expect([answer(resumed, 'docs/a.md'), answer(resumed, 'infra/a.tf')]).toEqual(['allow', 'deny'])
    const fresh = await policies().open({ run_id: RUN, task })
    expect(answer(fresh, 'infra/a.tf')).toBe('allow')
  })

  it('leaves its activations in the ledger of the tenant', async () => {
    const before = await bundles.active(LOCAL_TENANT)
    const { sha256 } = await activate(denying('told/**'))
    const [event] = await db.asOwner(
      "select facts from gander.audit_event where event = 'policy_changed' order by audit_id desc limit 1",
    )
    expect(event).toMatchObject({ facts: { from: before?.sha256, to: sha256, by: 'ada' } })
  })
})

describe('PO-10 a policy of', () => {
  const rules = (count: number) => Array.from({ length: count }, (_, n) => `rule${n}/**`)

  it('thousands of rules is refused with the number that is possible, in YAML and in Cedar', () => {
    expect(problemsOf(JSON.stringify({ paths: { denied: rules(6_000) } }))).toContain(
      '6000 rules are more than the 1000',
    )
    const cedar = rules(10_000)
      .map((_, n) => `@id("r${n}") forbid (principal, action, resource);`)
      .join('\n')
    const prepared = engine.prepare(cedar)
    expect(prepared.ok ? '' : prepared.refusal.join()).toContain('more than the 1000')
  })

  it('a glob that would be slow is refused, and a plain one is not', () => {
    expect(problemsOf(`paths: {denied: ["${'*a'.repeat(13)}"]}`)).toContain('wildcards')
    expect(problemsOf('paths: {denied: ["**/*.tf"]}')).toBe('')
  })

  it('more than it can hold is refused before it is read', () => {
    expect(problemsOf(`sensitive_domains: ["${'x'.repeat(300_000)}"]`)).toContain('at most')
  })

  it('five hundred rules is read and decided by', async () => {
    const bundle = bundleOf({ path: 'platform.yaml', text: JSON.stringify({ paths: { denied: rules(500) } }) })
    const opened = openBundle(sealBundle(bundle), {
      sha256: sealBundle(bundle).sha256,
      trust: { require_signatures: false, keys: [] },
      engine,
    })
    expect(opened.ok).toBe(true)
  })
})
