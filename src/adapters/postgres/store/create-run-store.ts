import { createHash } from 'node:crypto'
import type { Sha256 } from '#domain/ledger'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { Identifiers, RunStore, RunStores } from '#ports'
import type { Database } from '../database/open-database.ts'
import { sweepApprovalsOf } from './approval-timeouts.ts'
import { readApprovals } from './approvals.ts'
import { extendBudget, readBudget } from './budgets.ts'
import { createLastWritten } from './last-written.ts'
import { heartbeat, laneOf, leaseRun, sendHands, type FreeHand, type LeaseContext, type Taken } from './lease-run.ts'
import {
  listRuns,
  loadOverview,
  readArtifacts,
  readChain,
  readDecisions,
  readEvents,
  readPullRequest,
} from './read-runs.ts'
import type { RunRow } from './run-row.ts'
import { beginStep, readSteps, sendIntents, type IntentPart, type StepContext, type StepRow } from './steps.ts'
import { submitRun, submittedRun } from './submit-run.ts'
import { sweepRuns, sweepTenants } from './sweep-runs.ts'
import type { StoreContext } from './store-context.ts'
import { goTogether } from './together.ts'
import { writeRun, type RunContext } from './write-run.ts'
import { sendWrites, type WritePart } from './write-statement.ts'

interface RunStoreParts {
  readonly database: Pick<Database, 'pool'>
  readonly identifiers: Identifiers
  /** Absent means node:crypto's. */
  readonly sha256?: Sha256
}

/** The stores of all tenants over one database. @throws GanderError `database_unavailable`, `storage_full` from every method */
export function createRunStores({ database, identifiers, sha256 = hashText }: RunStoreParts): RunStores {
  const { writes, intents, ...store } = shared({ pool: database.pool, identifiers, sha256 })
  const contextOf = (tenant: TenantId) => ({
    ...store,
    tenant,
    write: (part: WritePart) => writes(tenant, part),
    begin: (part: IntentPart) => intents(tenant, part),
  })
  return {
    of: (tenant) => storeOf(contextOf(tenant)),
    lease: (worker, only) => leaseRun(store, { worker, only }),
    sweep: (host) => sweepTenants(store, host),
  }
}

/** What the stores of a process share, so that what is written at one time goes together, tenant by tenant. */
function shared(store: StoreContext) {
  const hands = goTogether<FreeHand, Taken | undefined>({ send: (parts) => sendHands(store, parts) })
  return {
    ...store,
    last: createLastWritten(),
    lease: async (hand: FreeHand) =>
      hand.only === undefined ? hands(laneOf(hand), hand) : (await sendHands(store, [hand]))[0],
    writes: goTogether<WritePart, RunRow | undefined>({
      send: (parts, tenant) => sendWrites(store.pool, tenant as TenantId, parts),
      subject: ({ run }) => run,
      weight: ({ step }) => step?.outcome.length ?? 0,
    }),
    intents: goTogether<IntentPart, StepRow | undefined>({
      send: (parts, tenant) => sendIntents(store.pool, tenant as TenantId, parts),
      subject: ({ intent }) => intent.run,
    }),
  }
}

/** The store of one tenant; absent means the installation's own. */
export const createRunStore = (parts: RunStoreParts, tenant: TenantId = LOCAL_TENANT): RunStore =>
  createRunStores(parts).of(tenant)

/** Runs, steps and ledger of a tenant. What is another tenant's is unknown here, and cannot be written. */
const storeOf = (store: RunContext & StepContext & LeaseContext): RunStore => ({
  submit: (submission) => submitRun(store, submission),
  submitted: (key) => submittedRun(store, key),
  load: (run) => loadOverview(store, run),
  list: (tenant, limit) => listRuns(store, tenant, limit),
  lease: (worker, only) => leaseRun(store, { worker, tenant: store.tenant, only }),
  heartbeat: (run, lease) => heartbeat(store, run, lease),
  sweep: async (host) => (await sweepRuns(store, host)) + (await sweepApprovalsOf(store)),
  write: (run, lease, write) => writeRun(store, run, lease, write),
  command: (run, command, events = [], version) =>
    writeRun(store, run, undefined, { command, events, ...(version !== undefined && { version }) }),
  extendBudget: (run, added, by) => extendBudget(store, run, added, by),
  budget: (run) => readBudget(store, run),
  steps: (run) => readSteps(store, run),
  beginStep: (run, lease, intent) => beginStep(store, run, lease, intent),
  finishStep: (...[run, lease, n, outcome, write = {}]) =>
    writeRun(store, run, lease, { ...write, step: { n, outcome } }),
  artifacts: (run) => readArtifacts(store, run),
  decisions: (run) => readDecisions(store, run),
  approvals: (run) => readApprovals(store, run),
  pullRequest: (run) => readPullRequest(store, run),
  events: (run, after) => readEvents(store, run, after),
  chain: (tenant, after, limit) => readChain(store, tenant, after, limit),
})

const hashText: Sha256 = (text) => createHash('sha256').update(text).digest('hex')
