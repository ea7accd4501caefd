import { z } from 'zod'
import { identifier, tenantIdentifier } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { originSchema } from '../provenance-resource.ts'
import { agreementSchema, repositorySchema } from '../repository-resource.ts'
import { newTenantSchema, tenantLimitsSchema, tenantSchema } from '../tenant-resource.ts'
import { line, matching, ofRun, route } from './route-shapes.ts'

const ofTenant = { params: z.object({ tenant_id: tenantIdentifier }) }

/** The tenants of the installation. */
export const tenants = {
  list: route
    .route({
      method: 'GET',
      path: '/v1/tenants',
      tags: ['tenants'],
      summary: 'List tenants',
      description: 'Whoever runs the installation sees all of them, everybody else their own.',
    })
    .input(z.object({ query: pageQuery }))
    .output(pageOf(tenantSchema)),
  get: route
    .route({ method: 'GET', path: '/v1/tenants/{tenant_id}', tags: ['tenants'], summary: 'Get a tenant' })
    .input(z.object(ofTenant))
    .output(tenantSchema),
  create: route
    .route({
      method: 'POST',
      path: '/v1/tenants',
      successStatus: 201,
      tags: ['tenants'],
      summary: 'Open a tenant with its first administrator',
      description: 'The token is told in this answer and never again.',
    })
    .input(z.object({ body: z.strictObject({ name: line(200), administrator: line(200) }) }))
    .output(newTenantSchema),
  close: route
    .route({
      method: 'POST',
      path: '/v1/tenants/{tenant_id}/close',
      tags: ['tenants'],
      summary: 'Let nobody of a tenant in any more',
      description: 'Everything that is on record stays.',
    })
    .input(z.object({ ...ofTenant, headers: matching }))
    .output(tenantSchema),
  limits: route
    .route({
      method: 'GET',
      path: '/v1/tenants/{tenant_id}/limits',
      tags: ['tenants'],
      summary: 'What a tenant may hold at once',
      description: 'Its budgets are at `/v1/budgets`.',
    })
    .input(z.object(ofTenant))
    .output(tenantLimitsSchema),
  setLimits: route
    .route({
      method: 'PUT',
      path: '/v1/tenants/{tenant_id}/limits',
      tags: ['tenants'],
      summary: 'Set what a tenant may hold at once',
      description: 'Open to whoever runs the installation; counts from the next lease on.',
    })
    .input(
      z.object({
        ...ofTenant,
        headers: matching,
        body: z.strictObject({ max_running: z.number().int().min(0).max(999_999).nullable() }),
      }),
    )
    .output(tenantLimitsSchema),
}

const ofRepository = {
  params: z.object({ repository: line(2000).describe('The address as tasks name it, percent-encoded.') }),
}

/** Repositories that were onboarded. */
export const repositories = {
  list: route
    .route({ method: 'GET', path: '/v1/repositories', tags: ['repositories'], summary: 'List onboarded repositories' })
    .input(z.object({ query: pageQuery }))
    .output(pageOf(repositorySchema)),
  get: route
    .route({
      method: 'GET',
      path: '/v1/repositories/{repository}',
      tags: ['repositories'],
      summary: "Get a repository's onboarding record",
    })
    .input(z.object(ofRepository))
    .output(repositorySchema),
  put: route
    .route({
      method: 'PUT',
      path: '/v1/repositories/{repository}',
      tags: ['repositories'],
      summary: 'Onboard a repository, or change its record',
      description: 'Members that are left out stay as they are. `If-None-Match: *` makes a new record only.',
    })
    .input(z.object({ ...ofRepository, headers: matching, body: agreementSchema }))
    .output(repositorySchema),
}

/** Who caused a change. */
export const provenance = {
  ofRun: route
    .route({
      method: 'GET',
      path: '/v1/runs/{run_id}/provenance',
      tags: ['provenance'],
      summary: 'Who caused what a run did',
    })
    .input(z.object(ofRun))
    .output(originSchema),
  find: route
    .route({
      method: 'GET',
      path: '/v1/provenance',
      tags: ['provenance'],
      summary: 'Who caused a commit, a pull request or a branch',
      description: 'Exactly one of the names is given.',
    })
    .input(
      z.object({
        query: z.object({
          run: identifier('run').optional(),
          commit: z
            .string()
            .regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be a whole commit hash')
            .optional(),
          pull_request: z.string().min(1).max(2000).optional().describe('Its address.'),
          branch: z.string().min(1).max(500).optional(),
        }),
      }),
    )
    .output(pageOf(originSchema)),
}
