import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentities, createRunStore } from '#adapters/postgres'
import { createRedactor } from '#evidence-plane/redaction'
import type { Approval, ApprovalRequest, Decision } from '#domain/approval'
import type { Role } from '#domain/identity'
import { LOCAL_TENANT, type RunId, type TenantId } from '#domain/ids'
import type { ApprovalRules, Identities, Platform, PrincipalRecord, RunStore } from '#ports'
import { openApprovals } from '../../src/main/open-approvals.ts'
import { platformOver } from '../../src/main/open-platform.ts'
import { sharedParts } from '../../src/main/shared-parts.ts'
import { identifiers, startTestServer, type TestDatabase } from './database.ts'
import { submission, thisWorker } from './store-fixtures.ts'

/** A platform over a database of its own, with runs that wait for people and no sandbox, worker or model. */
export interface ApprovalWorld {
  readonly platform: Platform
  readonly store: RunStore
  readonly identities: Identities
  readonly rules: ApprovalRules
  readonly database: TestDatabase
  /** Writes approvals.yaml. */
  ruled(text: string): Promise<void>
  /** A run that waits for exactly this; what is left out is a publication of one file that needs nobody in particular. */
  waiting(request?: Partial<ApprovalRequest>, requester?: string): Promise<RunId>
  answer(run: RunId, by: string, decision?: Decision, principal_id?: string): Promise<unknown>
  person(name: string, roles: readonly Role[], subject?: string): Promise<PrincipalRecord>
  /** Leases the run again and uses its latest approval; tells what became of it. */
  use(run: RunId, approval?: Pick<Approval, 'id' | 'fingerprint'>): Promise<'used' | 'refused'>
  latest(run: RunId): Promise<Approval>
  close(): Promise<void>
}

/** Opens a world; shared by all tests of a file. */
export async function openApprovalWorld(): Promise<ApprovalWorld> {
  const server = await startTestServer()
  const database = await server.database()
  const home = await mkdtemp(join(tmpdir(), 'gander-desk-'))
  const settings = { home, database_url: database.owner_url, version: 'test' }
  const shared = sharedParts(home, database.database, createRedactor())
  const nobody = () => Promise.reject(new Error('no worker here'))
  const platform = platformOver({ settings, shared, database: database.database, working: nobody })
  const store = createRunStore({ database: database.database, identifiers })
  const identities = createIdentities({ database: database.database, identifiers })
  const latest = async (run: RunId) => {
    const approval = (await store.approvals(run)).at(-1)
    if (approval === undefined) throw new Error(`${run} has asked for nothing`)
    return approval
  }
  return {
    platform,
    store,
    identities,
    database,
    latest,
    rules: openApprovals(settings, shared).approval_rules,
    ruled: (text) => writeFile(join(home, 'approvals.yaml'), text),
    waiting: (request, requester) => waitingRun(store, request, requester),
    answer: (run, by, decision = 'approved', principal_id) =>
      platform.decideApproval(
        run,
        { decision, by, reason: '', ...(principal_id !== undefined && { principal_id }) },
        {},
      ),
    person: (name, roles, subject) =>
      identities.create(
        {
          tenant_id: LOCAL_TENANT,
          kind: 'person',
          name,
          oidc: subject === undefined ? null : { issuer: `https://${name}.example.org`, subject },
          grants: roles.map((role) => ({ role, repository: null })),
        },
        'root',
      ),
    use: async (run, approval) => use(store, run, approval ?? (await latest(run))),
    close: async () => {
      await platform.close()
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** A run of a store that waits for exactly this; see `ApprovalWorld.waiting`. */
export async function waitingRun(
  store: RunStore,
  request: Partial<ApprovalRequest> = {},
  requester = 'ada',
  tenant: TenantId = LOCAL_TENANT,
): Promise<RunId> {
  const made = submission({ tenant })
  const capability = 'autonomous_issue_resolver.bounded_change'
  const run = await store.submit({ ...made, task: { ...made.task, requester, capability } })
  const won = await store.lease(thisWorker(), run.id)
  if (won === undefined) throw new Error('the run could not be leased')
  const evidence = { base_sha: 'b'.repeat(40), base_tree: 'a'.repeat(40), policy_allows: true }
  await store.write(run.id, won.lease, { command: { type: 'advance', to: 'preparing', evidence } })
  const approval: ApprovalRequest = {
    id: identifiers.make('approval'),
    kind: 'publication',
    action: 'pull_request.open',
    subject: ['src/rounding.ts'],
    fingerprint: 'f'.repeat(64),
    policy_version: 'p'.repeat(64),
    reason: 'The change of 1 file may be published once somebody agrees.',
    ...request,
  }
  const asked = await store.write(run.id, won.lease, { command: { type: 'await_approval', approval } })
  if (!asked.ok) throw new Error(asked.refusal.message)
  return run.id
}

async function use(
  store: RunStore,
  run: RunId,
  { id, fingerprint }: Pick<Approval, 'id' | 'fingerprint'>,
): Promise<'used' | 'refused'> {
  const now = await store.load(run)
  const lease = now !== undefined && 'lease' in now.run ? now.run.lease : (await store.lease(thisWorker(), run))?.lease
  if (lease === undefined) throw new Error(`${run} could not be leased`)
  const event = { event: 'approval_used', facts: { approval: id, fingerprint } } as const
  return (await store.write(run, lease, { events: [event] })).ok ? 'used' : 'refused'
}
