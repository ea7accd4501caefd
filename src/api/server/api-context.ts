import { GanderError } from '#domain/failure'
import {
  asksForRecord,
  closedBy,
  mayDo,
  rolesFor,
  type AccessFacts,
  type AccessRule,
  type Permission,
} from '#domain/identity'
import type { Principal } from '#domain/identity'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'
import type { AgentChoice } from '#domain/task'
import type { AdmissionRules } from './admission.ts'
import { contract } from '#api/contract'
import { refuseUnknownQuery } from './known-query.ts'
import type {
  ArtifactStore,
  Audit,
  AuditTrail,
  Identities,
  Intake,
  OpenedTenant,
  Platform,
  PolicyBundles,
  PolicyDesk,
  Provenance,
  RepositoryRecords,
  Retention,
  RunQueries,
  SignIn,
  TenantLimits,
  Tenants,
} from '#ports'
import { implement } from '@orpc/server'

/** What the API does on behalf of its callers. */
type Acts = Pick<
  Platform,
  | 'submit'
  | 'replays'
  | 'view'
  | 'diff'
  | 'follow'
  | 'cancel'
  | 'continue'
  | 'decideApproval'
  | 'controls'
  | 'desk'
  | 'autonomy'
  | 'capabilities'
  | 'memory'
>

/** What the API stands on. */
export interface ApiParts {
  /** The platform of one tenant: the caller's. With a version its acts are refused on runs that are at another. */
  readonly platform: (tenant: TenantId, version?: number) => Acts
  readonly queries: RunQueries
  /** The bytes that one tenant's runs left. */
  readonly artifacts: (tenant: TenantId) => Pick<ArtifactStore, 'get'>
  readonly identities: Identities
  readonly tenants: Tenants
  /** Opens a tenant with its first administrator. */
  readonly openTenant: (wish: {
    readonly name: string
    readonly administrator: string
    readonly by: string
  }) => Promise<OpenedTenant>
  readonly repositories: RepositoryRecords
  readonly provenance: Provenance
  readonly policies: Pick<PolicyBundles, 'active' | 'history' | 'read' | 'decision'>
  /** What people do with one tenant's policies. */
  readonly policy_desk: (tenant: TenantId) => PolicyDesk
  readonly audit: Audit & Pick<AuditTrail, 'head'>
  readonly retention: Retention
  readonly limits: TenantLimits
  /** Reads the issues that orders name. */
  readonly intake: Pick<Intake, 'fetchIssue'>
  /** The identity provider people sign in with; absent: there are tokens only. */
  readonly sign_in?: SignIn
  /** Who works where an order does not say; absent: orders must say. */
  readonly agent?: AgentChoice
  readonly admission: AdmissionRules
  /** Under which circumstances acts stay open; they only take away from roles. */
  readonly access: readonly AccessRule[]
  /** Told what was not foreseen, which the answer keeps to itself. */
  readonly report: (error: unknown) => void
  readonly version: string
}

/** What every handler is given. */
export interface ApiContext {
  readonly parts: ApiParts
  readonly caller: Principal
  /** The version that the write is for, where `If-Match` named one; 0: there must be none yet. */
  readonly version?: number
  /** The resource that `If-Match` named, as it was read. */
  readonly seen?: Readonly<Record<string, unknown>>
}

/** The contract, to be given handlers. */
export const api = implement(contract)
  .$context<ApiContext>()
  .use(({ procedure, next }, input) => {
    refuseUnknownQuery(procedure, input)
    return next()
  })

/** The part of the contract that asks for nobody, to be given handlers. */
export const openApi = implement({ sign_in: contract.sign_in }).$context<Pick<ApiContext, 'parts'>>()

/** The platform as the caller's tenant has it. */
export const platformOf = ({ parts, caller, version }: ApiContext): Acts => parts.platform(caller.tenant_id, version)

/** A part of the platform that a process may be without. @throws GanderError `not_offered` */
export function offered<Part extends 'controls' | 'desk' | 'autonomy' | 'capabilities' | 'memory' | 'replays'>(
  context: ApiContext,
  part: Part,
): NonNullable<Acts[Part]> {
  const found = platformOf(context)[part]
  if (found === undefined) throw new GanderError('not_offered', `This server has no ${part}.`)
  return found
}

/** Whoever runs the installation belongs to its own tenant; nobody else learns of other tenants, or acts for them. */
export const runsTheInstallation = ({ caller }: ApiContext): boolean => caller.tenant_id === LOCAL_TENANT

/** What holds for everybody is for whoever runs the installation. @throws GanderError `forbidden` */
export function authoriseEverywhere(context: ApiContext): void {
  if (runsTheInstallation(context)) return
  throw new GanderError('forbidden', 'Only whoever runs the installation may do this for every tenant.')
}

/** Who changes something, and the version they saw. */
export const changeOf = ({ caller, version }: ApiContext) => ({
  by: caller.name,
  ...(version === undefined ? {} : { version }),
})

/** Lets pass whose role opens an act. @throws GanderError `forbidden`, naming what was asked for */
export function authoriseRole({ caller }: ApiContext, permission: Permission, repository: string | null): void {
  if (!mayDo(caller, permission, repository)) throw forbidden(caller, permission, repository)
}

/**
 * Lets pass who may, by role and by the circumstances. A rule that asks for a fact which is not among these closes.
 * @throws GanderError `forbidden`, naming what was asked for and why
 */
export function authorise(
  context: ApiContext,
  permission: Permission,
  repository: string | null = null,
  facts: AccessFacts = {},
): void {
  authoriseRole(context, permission, repository)
  const { caller, parts } = context
  const now = new Date()
  const why = closedBy(parts.access, {
    tenant_id: caller.tenant_id,
    action: permission,
    facts: {
      ...facts,
      'subject.role': rolesFor(caller, repository),
      'subject.kind': caller.kind,
      'subject.name': caller.name,
      ...(repository !== null && { 'repository.address': repository }),
      'time.weekday': WEEKDAYS[now.getUTCDay()] ?? '',
      'time.hour': now.getUTCHours(),
    },
  })
  if (why !== undefined) throw forbidden(caller, permission, repository, why)
}

function forbidden(caller: Principal, permission: Permission, repository: string | null, why?: string): GanderError {
  const where = repository === null ? '' : ` for ${repository}`
  return new GanderError('forbidden', `${caller.name} may not ${permission}${where}${why ? `: ${why}` : ''}.`, {
    facts: { permission },
    ...(why !== undefined && { remedy: 'Whoever keeps GANDER_HOME/access.yaml can open it.' }),
  })
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** As `authorise`, with what is on record about the repository where a rule asks for it. */
export async function authoriseFor(
  context: ApiContext,
  permission: Permission,
  repository: string,
  facts: AccessFacts = {},
): Promise<void> {
  const { parts, caller } = context
  const record = asksForRecord(parts.access, permission)
    ? await parts.repositories.get(caller.tenant_id, repository)
    : undefined
  authorise(context, permission, repository, {
    ...facts,
    ...(typeof record?.risk_tier === 'string' && { 'repository.risk_tier': record.risk_tier }),
    ...(typeof record?.owner_team === 'string' && { 'repository.owner_team': record.owner_team }),
  })
}
