import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server'
import { isGanderError } from '#domain/failure'
import { parseId } from '#domain/ids'
import type { Platform, Redactor, RunOverview } from '#ports'
import { z } from 'zod'

const MAX_TEXT = 200_000
const RUN = z.object({ run: z.string().max(100).describe('A run id, such as list_runs gives it') })
const TASK = z.object({
  repository: z.string().min(1).max(2000).describe('Absolute path or address of the repository'),
  title: z.string().min(1).max(300),
  description: z.string().min(1).max(50_000),
  mode: z.enum(['analysis_only', 'dry_run_patch', 'local_branch', 'draft_pr']).default('dry_run_patch'),
})

const ARTIFACT = RUN.extend({ sha256: z.string().regex(/^[0-9a-f]{64}$/) })

/** What an assistant is shown, and how it hands in a task. */
export interface AssistantParts {
  readonly platform: Platform
  readonly redactor: Redactor
  readonly version: string
  /** The statement of a run in a packet's file, without its envelopes. */
  readonly readEvidence: (text: string) => object
  /** Queues a task and starts working on it; absent: nothing can be handed in. */
  readonly submit?: (task: z.output<typeof TASK>) => Promise<string>
}

/** Makes a server over the platform; it reads, unless `submit` is given. */
export function createAssistantServer(parts: AssistantParts): McpServer {
  const server = new McpServer({ name: 'gander', version: parts.version })
  const { platform, submit } = parts
  const read = { annotations: { readOnlyHint: true } }
  server.registerTool(
    'list_runs',
    {
      description: 'Lists the latest runs.',
      inputSchema: z.object({ limit: z.int().min(1).max(100).default(20) }),
      ...read,
    },
    ({ limit }) => told(parts, async () => json((await platform.list(limit)).map(overview))),
  )
  server.registerTool(
    'show_run',
    { description: 'Shows what a run did and how it stands.', inputSchema: RUN, ...read },
    ({ run }) => told(parts, () => show(parts, run)),
  )
  server.registerTool(
    'show_task',
    { description: 'Shows the contract that a run is held to.', inputSchema: RUN, ...read },
    ({ run }) => told(parts, async () => json(contract(await viewOf(parts, run)))),
  )
  server.registerTool(
    'get_artifact',
    { description: 'Gives an artifact of a run, by the hash that show_run tells.', inputSchema: ARTIFACT, ...read },
    (asked) => told(parts, () => artifact(parts, asked)),
  )
  server.registerTool(
    'get_diff',
    { description: 'Gives the change of a run as a patch.', inputSchema: RUN, ...read },
    ({ run }) => told(parts, () => diff(parts, run)),
  )
  server.registerTool(
    'get_evidence',
    { description: 'Gives the evidence packet of a run.', inputSchema: RUN, ...read },
    ({ run }) => told(parts, () => evidence(parts, run)),
  )
  if (submit !== undefined)
    server.registerTool(
      'submit_task',
      { description: 'Hands in a task; it is worked on while show_run tells how it stands.', inputSchema: TASK },
      (task) => told(parts, async () => json({ run: await submit(task) })),
    )
  addResource(server, parts, { name: 'diff', media: 'text/x-diff', text: diff })
  addResource(server, parts, { name: 'evidence', media: 'application/json', text: evidence })
  return server
}

interface RunResource {
  readonly name: string
  readonly media: string
  readonly text: (parts: AssistantParts, run: string) => Promise<string>
}

function addResource(server: McpServer, parts: AssistantParts, { name, media, text }: RunResource): void {
  const uriOf = (run: string) => `gander://runs/${run}/${name}`
  const list = async () => ({
    resources: (await parts.platform.list(20)).map(({ run }) => ({ uri: uriOf(run.id), name: `${name} of ${run.id}` })),
  })
  const template = new ResourceTemplate(`gander://runs/{run}/${name}`, { list })
  server.registerResource(name, template, { description: `The ${name} of a run.` }, async (uri, { run }) => ({
    contents: [{ uri: uri.href, mimeType: media, text: await clean(parts, await text(parts, String(run))) }],
  }))
}

const json = (value: unknown): string => JSON.stringify(value, null, 1)

/** Redacted before it is cut: half a secret is not known as one. */
const clean = async ({ redactor }: AssistantParts, text: string): Promise<string> =>
  (await redactor.redact(text)).text.slice(0, MAX_TEXT)

/** The answer of a tool: redacted, and a failure in the words a person would get. */
async function told(parts: AssistantParts, act: () => Promise<string>) {
  try {
    return { content: [{ type: 'text' as const, text: await clean(parts, await act()) }] }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const words = isGanderError(error) ? `${said} ${error.remedy}` : said
    return { content: [{ type: 'text' as const, text: await clean(parts, words) }], isError: true }
  }
}

const overview = ({ run, task, use, created_at, updated_at }: RunOverview) => ({
  run: run.id,
  state: run.state,
  title: task.title,
  repository: task.repository,
  mode: run.mode,
  cost_usd: use.cost_usd,
  steps: use.steps,
  created_at,
  updated_at,
})

async function viewOf({ platform }: AssistantParts, typed: string) {
  const id = parseId('run', typed)
  const view = id === undefined ? undefined : await platform.view(id)
  if (view === undefined) throw new Error('There is no such run; list_runs tells which there are.')
  return view
}

async function show(parts: AssistantParts, run: string): Promise<string> {
  const view = await viewOf(parts, run)
  const artifacts = view.artifacts.map(({ kind, name, sha256 }) => ({ kind, name, sha256 }))
  return json({ ...overview(view), facts: view.run.facts, pull_request: view.pull_request ?? null, artifacts })
}

const contract = ({ task }: RunOverview) => ({
  title: task.title,
  objective: task.objective,
  repository: task.repository,
  base_ref: task.base_ref,
  commit: task.source?.commit ?? null,
  mode: task.mode,
  success_criteria: task.success_criteria,
  constraints: task.constraints,
  scope: task.scope,
  limits: task.limits,
  requester: task.requester,
  trust: task.trust,
})

/** Only what belongs to the run that was named: the store holds every tenant's bytes by their hash. */
async function artifact(parts: AssistantParts, { run, sha256 }: z.output<typeof ARTIFACT>): Promise<string> {
  const { artifacts } = await viewOf(parts, run)
  const bytes = artifacts.some((one) => one.sha256 === sha256) ? await parts.platform.artifact(sha256) : undefined
  if (bytes === undefined) throw new Error('This run has no such artifact; show_run tells which it has.')
  return Buffer.from(bytes).toString('utf8')
}

async function diff(parts: AssistantParts, run: string): Promise<string> {
  const view = await viewOf(parts, run)
  return (await parts.platform.diff(view.run.id))?.patch ?? 'This run has changed nothing so far.'
}

async function evidence(parts: AssistantParts, run: string): Promise<string> {
  const { facts } = (await viewOf(parts, run)).run
  const sha256 = facts.packet_sha256
  const bytes = typeof sha256 === 'string' ? await parts.platform.artifact(sha256) : undefined
  if (bytes === undefined) return 'This run has no evidence packet yet.'
  return json(parts.readEvidence(Buffer.from(bytes).toString('utf8')))
}
