import { join } from 'node:path'
import process from 'node:process'
import { createPolicy } from '#control-plane/policy'
import { createEvidenceSealer } from '#evidence-plane/packet'
import { createMcpGateway } from '#execution-plane/mcp-gateway'
import { createWorker, type Worker } from '#execution-plane/worker'
import { ensureGateway, remoteGateway } from '#adapters/gateway-socket'
import { createPriceTable } from '#adapters/models'
import { createSetupCache } from '#adapters/setup-cache'
import { createWorkspaceFiles } from '#adapters/workspace-files'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { ModelGateway, PriceTable, RunOrder, WorkerIdentity } from '#ports'
import { chooseDriver } from './choose-driver.ts'
import { codeStoreOf } from './code-store.ts'
import { contextSecret } from './context-secret.ts'
import { foreignParts } from './foreign-parts.ts'
import { createGuestToolDesk } from './guest-tool-desk.ts'
import { findGuests } from './find-guests.ts'
import { openRunPolicies } from './open-policy.ts'
import { once } from './once.ts'
import { openApprovals } from './open-approvals.ts'
import { signerWhenNeeded } from './open-signer.ts'
import { packageParts } from './package-parts.ts'
import { sandboxProfile } from './sandbox-profiles.ts'
import { keptHome, type PlatformSettings, type SharedParts } from './shared-parts.ts'
import { identifiers, systemClock } from './system-clock.ts'
import { workerIdentity } from './worker-identity.ts'

interface WorkerWish {
  readonly settings: PlatformSettings
  readonly shared: SharedParts
  /** Filled before a run is worked on; goes to the gateway's memory. */
  readonly keys: RunOrder['keys']
  /** Absent: a new one for this process. */
  readonly identity?: WorkerIdentity
}

/** Wires a worker with its sandbox driver and the gateway's process. */
export async function openWorker({ settings, shared, keys, identity = workerIdentity() }: WorkerWish): Promise<{
  readonly worker: Worker
  /** Starts the gateway ahead of the first call. */
  warm(): void
  readonly prices: PriceTable
  close(): Promise<void>
}> {
  const { home, version } = settings
  const driver = await chooseDriver(home, process.env)
  const connection = once(() => gatewayFor(settings, keys))
  const proxy = once(async () => (await import('#adapters/registry-proxy')).createRegistryProxy({ home }))
  const prices = createPriceTable({ home })
  const { redactor } = shared
  const ofTenant = (tenant: TenantId) => tenantParts(settings, shared, tenant)
  const policy = createPolicy({ identifiers })
  const policies = openRunPolicies({ home, bundles: shared.policy_bundles, identifiers, clock: systemClock })
  const prefix_secret = await contextSecret(keptHome(settings))
  const worker = createWorker(
    {
      ...shared,
      ...ofTenant(LOCAL_TENANT),
      ofTenant,
      capability_records: shared.capability_records,
      switches: shared.switch_board,
      clock: systemClock,
      identifiers,
      policy,
      policies,
      driver,
      probe: once(() => driver.probe()),
      gateway: gatewayOver(connection),
      foreign_tools: createMcpGateway({ ...foreignParts({ home, version }), driver, policy, redactor }),
      ...(prefix_secret === undefined ? {} : { prefix_secret }),
      guests: findGuests(home, false),
      guest_tools: createGuestToolDesk({ home, version, redactor }),
      prices,
      files: createWorkspaceFiles,
      ...packageParts(home),
      proxy: { open: async (wish) => (await proxy()).open(wish) },
      setups: createSetupCache({ home }),
      sandbox_profile: (id) => sandboxProfile(home, { kind: 'named', id }),
      runs_folder: join(keptHome(settings), 'runs'),
      version,
    },
    identity,
  )
  await driver.sweep()
  return {
    worker,
    warm: () => {
      // Its start is a noticeable part of the first request; who asks first sees why it failed.
      connection().catch(() => undefined)
    },
    prices,
    close: async () => {
      if (connection.started()) await (await connection()).close()
      await shared.switch_board.close()
    },
  }
}

/** This host's gateway, or the one of another host that the worker was told. */
async function gatewayFor(settings: PlatformSettings, keys: RunOrder['keys']) {
  const { gateway, database_url } = settings
  if (gateway !== undefined) return remoteGateway(gateway)
  return ensureGateway({ home: keptHome(settings), keys, ...(database_url === undefined ? {} : { database_url }) })
}

/** The gateway that is connected to at its first call. */
const gatewayOver = (connection: () => ReturnType<typeof ensureGateway>): ModelGateway => ({
  call: async (call, signal) => (await connection()).gateway.call(call, signal),
  admit: async (admission) => (await connection()).gateway.admit(admission),
})

/** What of a worker's parts is one tenant's. */
function tenantParts(settings: PlatformSettings, shared: SharedParts, tenant: TenantId) {
  const own = shared.ofTenant(tenant)
  const sealer = createEvidenceSealer({
    artifacts: own.artifacts,
    redactor: shared.redactor,
    signer: signerWhenNeeded(settings),
  })
  const { approval_rules } = openApprovals(settings, { ...shared, ...own })
  return { ...own, sealer, approval_rules, code_store: codeStoreOf(settings.home, tenant) }
}
