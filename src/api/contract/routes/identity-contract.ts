import { z } from 'zod'
import { grantSchema, meSchema, principalSchema, scopesSchema, tokenSchema } from '../identity-resource.ts'
import { identifier, moment } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { line, matching, route } from './route-shapes.ts'

const tags = ['principals']
const ofPrincipal = { params: z.object({ principal_id: identifier('principal') }) }
const futureMoment = z.iso
  .datetime({ offset: true })
  .refine((text) => Date.parse(text) > Date.now(), 'must be in the future')
  .transform((text) => new Date(text).toISOString())
const grants = z
  .array(grantSchema.omit({ until: true }).extend({ until: futureMoment.exactOptional() }))
  .max(100)
  .describe('What the principal may, in place of what it might before.')

/** Who there is, what they may, and the tokens that speak for them. */
export const principals = {
  me: route.route({ method: 'GET', path: '/v1/me', tags, summary: 'Who asks, and what they may' }).output(meSchema),
  list: route
    .route({ method: 'GET', path: '/v1/principals', tags, summary: 'List principals' })
    .input(z.object({ query: pageQuery }))
    .output(pageOf(principalSchema)),
  get: route
    .route({ method: 'GET', path: '/v1/principals/{principal_id}', tags, summary: 'Get a principal' })
    .input(z.object(ofPrincipal))
    .output(principalSchema),
  create: route
    .route({ method: 'POST', path: '/v1/principals', successStatus: 201, tags, summary: 'Let a principal in' })
    .input(
      z.object({
        body: z.strictObject({
          kind: z.enum(['person', 'service', 'worker']),
          name: line(200),
          oidc: z
            .strictObject({ issuer: z.url({ protocol: /^https?$/ }).max(500), subject: line(255) })
            .nullable()
            .default(null)
            .describe('Issuer and subject of a person who signs in; null for others.'),
          grants: grants.default([]),
        }),
      }),
    )
    .output(principalSchema),
  setGrants: route
    .route({ method: 'PUT', path: '/v1/principals/{principal_id}/grants', tags, summary: 'Set what a principal may' })
    .input(z.object({ ...ofPrincipal, headers: matching, body: z.strictObject({ grants }) }))
    .output(principalSchema),
  disable: route
    .route({
      method: 'POST',
      path: '/v1/principals/{principal_id}/disable',
      tags,
      summary: 'Let a principal in no more',
    })
    .input(z.object({ ...ofPrincipal, headers: matching }))
    .output(principalSchema),
  tokens: route
    .route({ method: 'GET', path: '/v1/principals/{principal_id}/tokens', tags, summary: "A principal's tokens" })
    .input(z.object(ofPrincipal))
    .output(pageOf(tokenSchema)),
  issue: route
    .route({
      method: 'POST',
      path: '/v1/principals/{principal_id}/tokens',
      successStatus: 201,
      tags,
      summary: 'Issue a token',
      description: 'The token is told in this answer and never again.',
    })
    .input(
      z.object({
        ...ofPrincipal,
        body: z.strictObject({
          label: line(200),
          scopes: scopesSchema.default(null),
          expires_at: futureMoment.nullable().default(null),
        }),
      }),
    )
    .output(z.object({ token: z.string(), record: tokenSchema })),
  revoke: route
    .route({ method: 'POST', path: '/v1/tokens/{token_id}/revoke', tags, summary: 'Revoke a token' })
    .input(z.object({ params: z.object({ token_id: identifier('token') }) }))
    .output(tokenSchema),
}

/** How people sign in; open to whoever has no token yet. */
export const sign_in = {
  offer: route
    .route({
      method: 'GET',
      path: '/v1/sign-in',
      tags: ['sign-in'],
      summary: 'How people sign in here',
      spec: (operation) => ({ ...operation, security: [] }),
    })
    .output(
      z.object({
        oidc: z
          .object({ issuer: z.string(), client_id: z.string(), scope: z.string() })
          .nullable()
          .describe('Null where people are given tokens by an administrator only.'),
      }),
    ),
  exchange: route
    .route({
      method: 'POST',
      path: '/v1/sign-in',
      successStatus: 201,
      tags: ['sign-in'],
      summary: 'Exchange an ID token for a token of this server',
      spec: (operation) => ({ ...operation, security: [] }),
    })
    .input(
      z.object({
        body: z.strictObject({
          id_token: z.string().min(1).max(20_000),
          nonce: z
            .string()
            .min(16)
            .max(200)
            .nullable()
            .describe('What the sign-in was begun with; null where the token has none. Each is answered once.'),
        }),
      }),
    )
    .output(z.object({ token: z.string(), expires_at: moment.nullable(), principal: z.string() })),
}
