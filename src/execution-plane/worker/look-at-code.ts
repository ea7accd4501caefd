import { createCodeShelf, mapOfNames, viewCode, type CodeView, type CommitSource } from '#execution-plane/code-view'
import { DEFAULT_CONTEXT_TOKENS, tokenCounterOf } from '#execution-plane/context'
import type { LikelyFile, PlanGround } from '#execution-plane/planner'
import { need, type Execution } from './execution.ts'

/**
 * No run waits longer for an index that nobody made before: of 500,000 lines it takes about so long, and a model that
 * has to search for itself begins sooner. It goes on being made for the next run.
 */
const LONGEST_WAIT_MS = 15_000
/** Of the context's tokens, for code: what else it always holds takes the rest, and what does not fit is dropped. */
const SHARE_OF_CODE = 0.75

/** Begins to look at the base commit, so that it is known by the time the context is put together. */
export async function beginLook(execution: Execution): Promise<void> {
  const { parts, task } = execution
  if (task.agent.kind === 'transform' || parts.code_shelf === undefined) return
  const known = parts.code_shelf.open(await sourceOf(execution))
  // Whoever waits for it hears of it; nobody may.
  known.indexed.catch(() => undefined)
}

/** What the base commit says of the task, looked up once in a lease. It never fails: a thinner answer says why. */
export function lookAtCode(execution: Execution): Promise<CodeView> {
  execution.found.code ??= look(execution)
  return execution.found.code
}

async function look(execution: Execution): Promise<CodeView> {
  const { parts, task, signal } = execution
  const source = await sourceOf(execution)
  // A rule or a command asks nobody where to look.
  if (task.agent.kind === 'transform')
    return { likely: [], slices: [], map: mapOfNames(source.list), packet: null, notes: [] }
  return viewCode(parts.code_shelf ?? createCodeShelf(), source, {
    issue: [task.title, task.objective, ...task.success_criteria.map(({ text }) => text)].join('\n'),
    room: Math.floor(DEFAULT_CONTEXT_TOKENS * SHARE_OF_CODE),
    counter: tokenCounterOf(task.agent.kind === 'native' ? task.agent.model : null),
    patience: (over) => parts.clock.sleep(LONGEST_WAIT_MS, AbortSignal.any([over, signal])),
  })
}

async function sourceOf(execution: Execution): Promise<CommitSource> {
  const { parts, run, task } = execution
  const repository = need(execution, 'repository')
  const { source } = repository
  const store = parts.code_store?.(task.repository)
  return {
    tenant_id: run.tenant_id,
    repository: source.repository,
    commit: source.commit,
    list: await repository.listFiles(source.tree),
    read: (blob) => repository.readBlob(blob),
    past: (most) => parts.repositories.past(source, most),
    ...(store === undefined ? {} : { store }),
  }
}

/** The likely files, as a plan names them. */
export const likelyIn = ({ likely }: CodeView): readonly LikelyFile[] =>
  likely.map(({ path, reasons }) => ({ path, reasons }))

/** What the maps say around a plan; undefined where there are none. */
export function groundIn({
  packet,
}: CodeView): Pick<PlanGround, 'focused_command' | 'commands' | 'owners' | 'risk_notes'> {
  return {
    commands: Object.values(packet?.build_commands ?? {}),
    focused_command: packet?.build_commands['focused'] ?? null,
    owners: packet?.owners ?? [],
    risk_notes: packet?.risk_notes ?? [],
  }
}

/** The packet as a model reads it; empty where there is none. */
export function packetText({ packet, likely }: CodeView): string {
  if (packet === null) return ''
  const { build_commands, owners, risk_notes, likely_files, language_stack, modules } = packet
  const line = (name: string, entries: readonly string[]) =>
    entries.length === 0 ? [] : [`${name}: ${entries.join(', ')}`]
  const named = new Map(likely.map((file) => [file.path, file.functions.map(({ name }) => name)]))
  const files = likely_files.production.map((path) => {
    const functions = (named.get(path) ?? []).slice(0, 3)
    return functions.length === 0 ? path : `${path} (${functions.join(', ')})`
  })
  return [
    ...line('stack', language_stack),
    ...line('modules', modules),
    ...line('likely files', files),
    ...line('their tests', likely_files.tests),
    ...line('to test them alone', build_commands['focused'] === undefined ? [] : [build_commands['focused']]),
    ...line('owners', owners),
    ...line('care', risk_notes),
  ].join('\n')
}
