import { readDocument, shownProblems } from '#documents'
import { GanderError } from '#domain/failure'
import { parseDocument } from 'yaml'
import { z } from 'zod'

const absolute = z
  .string()
  .regex(/^\/[^\0]+$/, 'must be an absolute path below /')
  .refine((path) => !path.split('/').includes('..'), 'must not hold ..')
const view = z.union([
  absolute.transform((path) => ({ host: path, inner: path })),
  z.strictObject({ host: absolute, inner: absolute }),
])

const SERVER = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,23}$/, 'is a small letter, then small letters, digits and hyphens; at most 24'),
  command: z.array(z.string().min(1)).min(1),
  read_only: z.array(view).default([]),
  tools: z.array(z.string().min(1).max(128)).default([]),
  resources: z.array(z.string().min(1).max(500)).default([]),
  prompts: z.array(z.string().min(1).max(128)).default([]),
  timeout_s: z.number().min(1).max(300).default(30),
  max_calls: z.number().int().min(1).max(1000).default(100),
  pin: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is 64 hex digits, as `gander mcp pin` writes it')
    .optional(),
})

const CONFIGURATION = z.strictObject({ version: z.literal(1), servers: z.array(SERVER).max(20).default([]) })

/** One foreign tool server as a person allowed it. Absent lists mean none; an absent pin means that it is not used. */
export interface McpServerConfiguration {
  readonly id: string
  /** Started as it is, inside a sandbox without a network. */
  readonly command: readonly string[]
  /** Host folders that its sandbox shows. */
  readonly read_only: readonly { readonly host: string; readonly inner: string }[]
  /** Names of the tools that agents may call. */
  readonly tools: readonly string[]
  /** Addresses of the resources that agents may read. */
  readonly resources: readonly string[]
  /** Names of the prompts that agents may ask for; what they get is data and no instruction. */
  readonly prompts: readonly string[]
  readonly timeout_s: number
  /** Calls of one run. */
  readonly max_calls: number
  /** SHA-256 of the offer that a person looked at. */
  readonly pin?: string
}

/** What GANDER_HOME/mcp.yaml says. */
export interface McpConfiguration {
  readonly servers: readonly McpServerConfiguration[]
}

/** Reads the text of `mcp.yaml`; absent means that there are no servers. @throws GanderError `mcp_configuration_invalid` */
export function parseMcpConfiguration(text: string | undefined): McpConfiguration {
  if (text === undefined || text.trim() === '') return { servers: [] }
  const read = readDocument(text, CONFIGURATION)
  if (!read.ok) throw invalid(shownProblems(read.refusal))
  const ids = read.value.servers.map(({ id }) => id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw invalid(`two servers are called ${twice}`)
  return {
    servers: read.value.servers.map(({ pin, ...server }) => ({ ...server, ...(pin === undefined ? {} : { pin }) })),
  }
}

/** The same text with a server's pin set; comments and order stay. */
export function withPin(text: string, id: string, pin: string): string {
  const index = parseMcpConfiguration(text).servers.findIndex((server) => server.id === id)
  if (index === -1) throw invalid(`there is no server ${id}`)
  const document = parseDocument(text)
  document.setIn(['servers', index, 'pin'], pin)
  return document.toString({ lineWidth: 0 })
}

const invalid = (why: string) => new GanderError('mcp_configuration_invalid', `mcp.yaml is not understood: ${why}.`)
