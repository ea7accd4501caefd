import { contract, RESOURCES } from '#api/contract'
import { OpenAPIGenerator, type OpenAPI } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'

/** The OpenAPI 3.1.1 document of the contract. */
export async function openApiDocument(version: string): Promise<OpenAPI.Document> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const document = await generator.generate(contract, {
    info: {
      title: 'Gander',
      version,
      description: 'Scoped code-change tasks, their runs and the evidence they leave.',
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    commonSchemas: Object.fromEntries(Object.entries(RESOURCES).map(([name, schema]) => [name, { schema }])),
  })
  for (const methods of Object.values(document.paths ?? {}))
    for (const operation of Object.values(methods ?? {}))
      if (typeof operation === 'object' && 'responses' in operation)
        operation.responses = { ...operation.responses, default: PROBLEM }
  return document
}

/** Whatever goes wrong is answered alike. */
const PROBLEM = {
  description: 'What went wrong, why, and what to do.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
}
