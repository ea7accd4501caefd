import { z } from 'zod'
import { identifier } from '../identifiers.ts'
import { pageOf, pageQuery } from '../page.ts'
import { listedArtifactSchema } from '../record-resources.ts'
import { line, route } from './route-shapes.ts'

/** What names of artifacts end with, by media type. */
export const MEDIA_ENDINGS = {
  'application/json': ['.json'],
  'application/jsonl': ['.jsonl', '.ndjson'],
  'text/markdown': ['.md'],
  'text/plain': ['.txt', '.log'],
  'text/x-diff': ['.patch', '.diff'],
} as const
const MEDIA_TYPES = Object.keys(MEDIA_ENDINGS) as (keyof typeof MEDIA_ENDINGS)[]

/** What runs left. */
export const artifacts = {
  list: route
    .route({
      method: 'GET',
      path: '/v1/artifacts',
      tags: ['artifacts'],
      summary: 'Artifacts of every run, the newest first',
      description: 'The bytes of one are at `/v1/artifacts/{sha256}`. What retention let go of is left out.',
    })
    .input(
      z.object({
        query: pageQuery.extend({
          run: identifier('run').optional(),
          repository: line(2000).optional(),
          kind: line(100).optional().describe('Such as `patch`, `plan`, `log` or `evidence_packet`.'),
          data_class: z.enum(['public', 'internal', 'confidential', 'restricted']).optional(),
          media_type: z.enum(MEDIA_TYPES).optional().describe('Told by the name.'),
        }),
      }),
    )
    .output(pageOf(listedArtifactSchema)),
}
