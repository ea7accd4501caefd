import type { RunDetails } from '#api/contract'
import { GanderError, isGanderError } from '#domain/failure'
import type { LedgerEvent } from '#domain/event'
import type { RunId } from '#domain/ids'
import { isActive } from '#domain/run'
import type { Page, Platform, RunOrder, RunView } from '#ports'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpControls } from './http-controls.ts'
import { createHttpGoverned } from './http-governed.ts'
import { createHttpMemory } from './http-memory.ts'
import { asGanderError, createApiClient, type ApiClient, type ServerAddress } from './api-client.ts'
import { submitOnce } from './submit-once.ts'

const RETRY_MS = 500
const PAGE = 200

/** The platform of another process, over its API. Its workers work on what is submitted; keys stay where they are. */
export function createHttpPlatform(address: ServerAddress): Platform {
  const client = createApiClient(address)
  const told = async <Value>(asked: Promise<Value>): Promise<Value> => {
    try {
      return await asked
    } catch (error) {
      throw asGanderError(error, address.url)
    }
  }
  const of = (run_id: RunId) => ({ params: { run_id } })
  const complete = (details: RunDetails) => told(viewOf(client, details))
  const view = async (run: RunId): Promise<RunView | undefined> => {
    try {
      return await complete(await told(client.runs.get(of(run))))
    } catch (error) {
      if (isGanderError(error, 'run_not_found')) return undefined
      throw error
    }
  }
  return {
    submit: (order) =>
      submitOnce(async (key) =>
        complete(await told(client.tasks.submit({ headers: { 'idempotency-key': key }, body: bodyOf(order) }))),
      ),
    work: (run, signal) => untilItRests({ client, view, told }, run, signal),
    view,
    list: async (limit) => (await told(client.runs.list({ query: { limit: Math.min(limit, PAGE) } }))).items,
    follow: (run, signal, after = 0) => follow({ client, told, view }, run, { signal, after }),
    cancel: async (run) => complete(await told(client.runs.cancel(of(run)))),
    continue: async (run, added) => complete(await told(client.runs.continue({ ...of(run), body: { added } }))),
    decideApproval: async (run, { decision, reason, fingerprint }) => {
      const body = { decision, reason, ...(fingerprint !== undefined && { fingerprint }) }
      return complete(await told(client.runs.decide({ ...of(run), body })))
    },
    diff: async (run) => {
      try {
        return await told(client.runs.diff(of(run)))
      } catch (error) {
        if (isGanderError(error, 'run_not_in_state')) return undefined
        throw error
      }
    },
    artifact: (sha256) => told(bytesOf(address, sha256)),
    artifactPath: async () => undefined,
    controls: createHttpControls(client, told),
    ...createHttpGoverned(client, told),
    memory: createHttpMemory(client, told),
    replays: {
      start: async (run) => complete(await told(client.replays.start(of(run)))),
      report: (run) => told(client.replays.report(of(run))),
    },
    close: async () => undefined,
  }
}

/** Keys are the server's own; a person's never leave their machine. */
function bodyOf(order: RunOrder) {
  const { words, base_ref, mode, scope, agent, verification, limits, sandbox, policies, capability, level, review } =
    order
  const { allowed_paths, forbidden_paths, max_changed_files, max_diff_lines } = scope
  const kept = { allowed_paths: [...allowed_paths], forbidden_paths: [...forbidden_paths] }
  return {
    ...words,
    acceptance_criteria: [...words.acceptance_criteria],
    constraints: [...words.constraints],
    attachments: [...words.attachments],
    risk_hints: [...words.risk_hints],
    base_ref,
    mode,
    scope: { ...kept, max_changed_files, max_diff_lines },
    agent,
    verification,
    limits,
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(capability === undefined ? {} : { capability }),
    ...(level === undefined ? {} : { level }),
    ...(policies === undefined ? {} : { policies }),
    ...(review === undefined ? {} : { review: { ...review, earlier: [...review.earlier] } }),
  }
}

async function viewOf(client: ApiClient, details: RunDetails): Promise<RunView> {
  const of = { params: { run_id: details.run.id } }
  const { pull_request, pull_request_text, ...rest } = details
  return {
    ...rest,
    pull_request: pull_request ?? undefined,
    ...(pull_request_text !== null && { pull_request_text }),
    steps: await all((cursor) => client.runs.steps({ ...of, query: { limit: PAGE, cursor } })),
    artifacts: await all((cursor) => client.runs.artifacts({ ...of, query: { limit: PAGE, cursor } })),
    packet: undefined,
  }
}

async function all<Item>(page: (cursor: string | undefined) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const items: Item[] = []
  for (let cursor: string | undefined; ; ) {
    const read = await page(cursor)
    items.push(...read.items)
    if (read.next_cursor === null) return items
    cursor = read.next_cursor
  }
}

interface Desk {
  readonly client: ApiClient
  readonly told: <Value>(asked: Promise<Value>) => Promise<Value>
  readonly view: (run: RunId) => Promise<RunView | undefined>
}

/** Events of a run; a connection that breaks is made again, after the last event that came. */
async function* follow(
  { client, told, view }: Desk,
  run: RunId,
  wish: { readonly signal: AbortSignal | undefined; readonly after: number },
): AsyncIterable<LedgerEvent> {
  const { signal } = wish
  let after = wish.after
  const isStopped = () => signal?.aborted === true
  while (!isStopped()) {
    try {
      const headers = { 'last-event-id': after }
      const events = await told(client.runs.events({ params: { run_id: run }, headers }, { ...(signal && { signal }) }))
      for await (const event of events) {
        after = event.run_seq ?? after
        yield event
      }
      const now = await view(run)
      if (now === undefined || rests(now)) return
    } catch (error) {
      if (isStopped()) return
      const known = asGanderError(error, '')
      if (!isGanderError(known) || !known.retryable) throw error
    }
    await sleep(RETRY_MS)
  }
}

const rests = ({ run }: RunView): boolean => run.state !== 'queued' && !isActive(run.state)

async function untilItRests(desk: Desk, run: RunId, signal?: AbortSignal): Promise<RunView> {
  const cancel = () => void desk.client.runs.cancel({ params: { run_id: run } }).catch(() => undefined)
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    for await (const _event of follow(desk, run, { signal: undefined, after: 0 })) void _event
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
  const now = await desk.view(run)
  if (now === undefined) throw new GanderError('run_not_found', `There is no run ${run} any more.`)
  return now
}

async function bytesOf({ url, token, fetch = globalThis.fetch }: ServerAddress, sha256: string) {
  const response = await fetch(new URL(`/v1/artifacts/${sha256}`, url), {
    headers: { authorization: `Bearer ${token}` },
  })
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
