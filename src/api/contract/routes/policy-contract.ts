import { z } from 'zod'
import { activationSchema, activeBundleSchema, bundleSchema } from '../governed-resources.ts'
import { identifier, pastMoment } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import {
  differenceSchema,
  policyReportSchema,
  policySide,
  policyTestSchema,
  policyText,
  policyWish,
  policyWords,
  recordedSchema,
  replaySchema,
  shownSchema,
  signatureSchema,
  versionSchema,
} from '../policy-resource.ts'
import { decisionSchema } from '../record-resources.ts'
import { matching, route } from './route-shapes.ts'

const tags = ['policies']
const bundleName = z.string().regex(/^[0-9a-f]{64}$/, 'must be the hash of a bundle')
const policy = policyWords.nullable().default(null).describe("Null: the installation's own files.")
const asked = (path: string, summary: string) =>
  route.route({ method: 'POST', path: `/v1/policies/${path}`, tags, summary, successStatus: 200 })

/** Policies: what runs may not do. */
export const policies = {
  active: route
    .route({ method: 'GET', path: '/v1/policies/active', tags, summary: 'The bundle that counts' })
    .output(activeBundleSchema),
  shown: route
    .route({
      method: 'GET',
      path: '/v1/policies/summary',
      tags,
      summary: 'What counts in a few words: levels, limits, and since when',
    })
    .output(shownSchema),
  activate: route
    .route({
      method: 'PUT',
      path: '/v1/policies/active',
      tags,
      summary: 'Make a kept bundle the one that counts',
      description:
        'Runs under way are held to it at once. Signed where the installation requires it. `If-Match` names what it replaces.',
    })
    .input(
      z.object({
        headers: matching,
        body: z.strictObject({
          sha256: bundleName,
          reason: z.string().trim().min(1).max(500).describe('Why, for the record.'),
          signature: signatureSchema.exactOptional().describe('One that was made after the bundle was kept.'),
        }),
      }),
    )
    .output(activationSchema),
  activations: route
    .route({
      method: 'GET',
      path: '/v1/policies/activations',
      tags,
      summary: 'Which bundle counted when, the newest first',
    })
    .input(z.object({ query: pageQuery.pick({ limit: true }) }))
    .output(pageOf(activationSchema)),
  versions: route
    .route({ method: 'GET', path: '/v1/policies', tags, summary: 'Bundles on record, the newest first' })
    .input(z.object({ query: pageQuery }))
    .output(pageOf(versionSchema)),
  create: route
    .route({
      method: 'POST',
      path: '/v1/policies',
      successStatus: 201,
      tags,
      summary: 'Keep a policy under its hash',
      description: 'After its own tests. The same policy again is the same bundle; nothing is activated.',
    })
    .input(z.object({ body: z.strictObject({ policy: policyWords }) }))
    .output(bundleSchema),
  get: route
    .route({ method: 'GET', path: '/v1/policies/{sha256}', tags, summary: 'A bundle by its hash' })
    .input(z.object({ params: z.object({ sha256: bundleName }) }))
    .output(bundleSchema),
  check: asked('check', 'Compile a policy and name every problem')
    .input(z.object({ body: z.strictObject({ policy }) }))
    .output(policyReportSchema),
  test: asked('test', 'Run the tests of a policy')
    .input(
      z.object({
        body: z.strictObject({
          policy,
          tests: z.array(policyText).max(100).default([]).describe('In place of its own.'),
        }),
      }),
    )
    .output(z.object({ items: z.array(policyTestSchema) })),
  explain: asked('explain', 'What a policy answers to an act, by which rule')
    .input(z.object({ body: z.strictObject({ policy, wish: policyWish }) }))
    .output(decisionSchema),
  diff: asked('diff', 'What a policy makes stricter and what looser')
    .input(z.object({ body: z.strictObject({ before: policySide, after: policy }) }))
    .output(z.object({ items: z.array(differenceSchema) })),
  replay: asked('replay', 'Which recorded decisions would come out otherwise')
    .input(z.object({ body: z.strictObject({ policy, since: pastMoment }) }))
    .output(replaySchema),
  decision: route
    .route({
      method: 'GET',
      path: '/v1/decisions/{decision_id}',
      tags,
      summary: 'What policy answered, by which rules',
    })
    .input(z.object({ params: z.object({ decision_id: identifier('decision') }) }))
    .output(recordedSchema),
}
