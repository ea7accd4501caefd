import { join } from 'node:path'
import { createMemory } from '#control-plane/memory'
import { createPublisher } from '#control-plane/pull-requests'
import { recordRedacted } from '#evidence-plane/ledger'
import { createRedactor } from '#evidence-plane/redaction'
import type { RemoteGateway } from '#adapters/gateway-socket'
import { createFilesystemArtifacts, tenantHome } from '#adapters/artifacts/filesystem'
import { createLocalForge } from '#adapters/forges/local'
import { createPlainGitForge } from '#adapters/forges/plain-git'
import { createRepositories } from '#adapters/git'
import {
  createApprovalRecords,
  createAutonomyRecords,
  createGateCalibrations,
  createCapabilityRecords,
  createIdentities,
  createMemoryRecords,
  createPolicyBundles,
  createProofRecords,
  createRepositoryRecords,
  createRunStores,
  type Database,
} from '#adapters/postgres'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { Forge, Redactor, RunStores } from '#ports'
import { openControls } from './open-controls.ts'
import { identifiers } from './system-clock.ts'

/** Where the platform of this process keeps everything, and what it may use. */
export interface PlatformSettings {
  /** Absolute path of GANDER_HOME. */
  readonly home: string
  /** Absolute path of what several homes share: artifacts, forge, runs and the gateway's socket. Absent: `home`. */
  readonly shared_home?: string
  /** Absent: the embedded server. */
  readonly database_url?: string
  readonly version: string
  /** The model gateway of another host; absent: the one of the kept home. */
  readonly gateway?: RemoteGateway
  /** Shared by all that this process shows and keeps. Absent: one that knows no value yet. */
  readonly redactor?: Redactor
}

/** What every command needs; cheap to make. */
export type SharedParts = ReturnType<typeof sharedParts>

/** The folder whose artifacts, forge and runs this process shares with others. */
export const keptHome = ({ home, shared_home }: Pick<PlatformSettings, 'home' | 'shared_home'>): string =>
  shared_home ?? home

/** Wires what needs neither a gateway nor a sandbox. */
export function sharedParts(home: string, database: Database, redactor: Redactor = createRedactor(), kept = home) {
  const local = createLocalForge({ home: kept })
  const plain = createPlainGitForge({ home: kept })
  const forgeOf = (repository: string): Forge => (isRemote(repository) ? plain : local)
  const recorded = createRunStores({ database, identifiers })
  const stores: RunStores = { ...recorded, of: (tenant) => recordRedacted(recorded.of(tenant), redactor) }
  const memory_records = createMemoryRecords({ database, identifiers })
  const ofTenant = (tenant: TenantId) => ({
    store: stores.of(tenant),
    artifacts: createFilesystemArtifacts({ home: tenantHome(kept, tenant) }),
    proof_records: createProofRecords({ database, tenant }),
    memory: createMemory({ tenant, records: memory_records, redactor, identifiers, suspicions }),
  })
  return {
    stores,
    ofTenant,
    ...ofTenant(LOCAL_TENANT),
    repositories: createRepositories({ home, runs: join(kept, 'runs') }),
    redactor,
    policy_bundles: createPolicyBundles({ database, identifiers }),
    forgeOf,
    publisher: createPublisher({ forgeOf, redactor }),
    ...openControls(database, (tenant) => stores.of(tenant)),
    approval_records: createApprovalRecords({ database }),
    autonomy_records: createAutonomyRecords({ database, identifiers }),
    gate_calibrations: createGateCalibrations({ database, identifiers }),
    principals: createIdentities({ database, identifiers }),
    capability_records: createCapabilityRecords({ database, identifiers }),
    repository_records: createRepositoryRecords({ database, identifiers }),
  }
}

/** A git address of another place, which gets the branch itself; paths are kept by the local forge. */
const isRemote = (repository: string): boolean =>
  /^(https?|ssh|git|file):\/\//i.test(repository) || /^[\w.-]+@[\w.-]+:/.test(repository)

/** The rules that ask every text a model is shown; loaded where something is proposed. */
async function suspicions(text: string): Promise<readonly string[]> {
  const { flagText } = await import('#execution-plane/context')
  return flagText(text, 'prose').flags.map(({ rule }) => rule)
}
