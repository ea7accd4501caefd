import { isGanderError } from '#domain/failure'
import type { Administration, ChangeName } from '#ports'
import { asGanderError, createApiClient, type ApiClient, type ServerAddress } from './api-client.ts'

/** What an administrator does, over a server's API. */
export function createHttpAdministration(address: ServerAddress): Administration {
  const client = createApiClient(address)
  const told = async <Value>(asked: Promise<Value>): Promise<Value> => {
    try {
      return await asked
    } catch (error) {
      throw asGanderError(error, address.url)
    }
  }
  return {
    ...people(client, told),
    tenants: (page) => told(client.tenants.list({ query: page })),
    openTenant: (name, administrator) => told(client.tenants.create({ body: { name, administrator } })),
    closeTenant: (tenant_id) => told(client.tenants.close({ params: { tenant_id }, headers: {} })),
    repositories: (page) => told(client.repositories.list({ query: page })),
    putRepository: (repository, agreement) =>
      told(
        client.repositories.put({
          params: { repository },
          headers: {},
          body: agreementBody(agreement),
        }),
      ),
    whoCaused: async (change) => {
      try {
        return (await told(client.provenance.find({ query: queryOf(change) }))).items
      } catch (error) {
        if (isGanderError(error, 'run_not_found')) return []
        throw error
      }
    },
    close: async () => undefined,
  }
}

type AgreementBody = Parameters<ApiClient['repositories']['put']>[0]['body']

/** The client sends lists it may change; an agreement's are never changed here. */
function agreementBody(agreement: Parameters<Administration['putRepository']>[1]): AgreementBody {
  const {
    allowed_task_classes: classes,
    forbidden_paths,
    required_reviewers,
    domains,
    data_classes,
    ...rest
  } = agreement
  return {
    ...rest,
    ...(classes === undefined ? {} : { allowed_task_classes: classes === null ? null : [...classes] }),
    ...(forbidden_paths === undefined ? {} : { forbidden_paths: [...forbidden_paths] }),
    ...(required_reviewers === undefined ? {} : { required_reviewers: [...required_reviewers] }),
    ...(domains === undefined ? {} : { domains: [...domains] }),
    ...(data_classes === undefined ? {} : { data_classes: [...data_classes] }),
  }
}

const queryOf = (change: ChangeName): { readonly [Name in keyof ChangeName]?: string } => ({ ...change })

type Told = <Value>(asked: Promise<Value>) => Promise<Value>

function people(client: ApiClient, told: Told) {
  const of = (principal: string) => ({ params: { principal_id: principal as never } })
  return {
    principals: (page) => told(client.principals.list({ query: page })),
    letIn: ({ grants, ...principal }) =>
      told(client.principals.create({ body: { ...principal, grants: grants.map(written) } })),
    setGrants: (principal, grants) =>
      told(client.principals.setGrants({ ...of(principal), headers: {}, body: { grants: grants.map(written) } })),
    disable: (principal) => told(client.principals.disable({ ...of(principal), headers: {} })),
    tokens: async (principal) => (await told(client.principals.tokens(of(principal)))).items,
    issue: (principal, { scopes, ...wish }) =>
      told(
        client.principals.issue({ ...of(principal), body: { ...wish, scopes: scopes === null ? null : [...scopes] } }),
      ),
    revoke: (token) => told(client.principals.revoke({ params: { token_id: token as never } })),
  } satisfies Partial<Administration>
}

const written = ({ role, repository, until }: Parameters<Administration['setGrants']>[1][number]) => ({
  role,
  repository,
  ...(until === undefined ? {} : { until }),
})
