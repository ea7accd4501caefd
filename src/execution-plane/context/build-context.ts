import { createHash } from 'node:crypto'
import type { Task } from '#domain/task'
import type { VerificationReport } from '#domain/verification'
import type { FileSlice, RepositoryMap } from '#execution-plane/repository-intelligence'
import type { TreeEntry } from '#ports'
import { readInstructions } from './instruction-files.ts'
import { tokensOf, type ContextItem, type ContextManifest } from './manifest.ts'
import { draftsOf, systemDraft, type Draft } from './drafts.ts'
import { systemPrompt, SYSTEM_PROMPT_VERSION } from './system-prompt.ts'
import { createWrapper, type Sign, type Wrap } from './wrap-untrusted.ts'

/** What a context is made of. */
export interface ContextRequest {
  readonly task: Task
  /** The base commit; everything of the repository is read from it. */
  readonly source: { readonly repository: string; readonly commit: string }
  readonly map: RepositoryMap
  /** Best first. */
  readonly slices: readonly FileSlice[]
  /** Null while it is not known. */
  readonly baseline: VerificationReport | null
  /** The tree of the base commit and how to read it, for its instruction files. */
  readonly list: readonly TreeEntry[]
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  readonly sign: Sign
  /** Most tokens of system and opening together, as estimated; absent means 16,000, and less than 2,000 holds little. */
  readonly budget_tokens?: number
}

/** What the planning phase starts with. */
interface Context {
  readonly system: string
  readonly opening: string
  readonly manifest: ContextManifest
}

interface Placed {
  readonly item: ContextItem
  /** Empty where the item was dropped. */
  readonly sent: string
}

const DEFAULT_BUDGET = 16_000
const OPENING = 'The phase is now planning. Read what you need, then call submit_plan.'

/**
 * Puts a context together: contract, map, instruction files, baseline and slices, in this order, each shortened to its
 * share. Slices fill what is left, best first; the first that does not fit is dropped with all that rank below it.
 */
export async function buildContext(request: ContextRequest): Promise<Context> {
  const { task, source, budget_tokens = DEFAULT_BUDGET } = request
  const wrap = createWrapper(request.sign)
  const instructions = await readInstructions(request.list, request.read, request.task.agreement?.instructions_file)
  const system = systemPrompt(task)
  const budget = budget_tokens - tokensOf(system) - tokensOf(OPENING) - 1
  let left = budget
  let full = false
  const placed = draftsOf(request, instructions).map((draft, index): Placed => {
    const fits = full ? undefined : fit(draft, { id: `ctx-${index + 1}`, wrap, request, left, budget })
    if (fits !== undefined) left -= fits.item.tokens
    else if (draft.share === 0) full = true
    return fits ?? { item: itemOf(draft, `ctx-${index + 1}`, request, { tokens: 0, shortened: false }), sent: '' }
  })
  const sent = placed.filter(({ sent: text }) => text !== '')
  const opening = [...sent.map(({ sent: text }) => text), OPENING].join('\n\n')
  const manifest: ContextManifest = {
    schema: 'gander.context/v1',
    system_prompt_version: SYSTEM_PROMPT_VERSION,
    repository: source.repository,
    commit: source.commit,
    budget_tokens,
    token_count: tokensOf(system) + tokensOf(opening),
    items: [systemItem(system, request), ...sent.map(({ item }) => item)],
    dropped: placed
      .filter(({ sent: text }) => text === '')
      .map(({ item }) => ({ ...item, reason: 'over_budget' as const })),
  }
  return { system, opening, manifest }
}

function systemItem(system: string, request: ContextRequest): ContextItem {
  return itemOf(systemDraft(system), 'ctx-0', request, { tokens: tokensOf(system), shortened: false })
}

interface Room {
  readonly id: string
  readonly wrap: Wrap
  readonly request: ContextRequest
  readonly left: number
  readonly budget: number
}

/** Shortens a draft to its share of the budget, or tells that there is no room for it. */
function fit(draft: Draft, room: Room): Placed | undefined {
  const most = Math.min(room.left, draft.share === 0 ? room.left : Math.floor(room.budget * draft.share))
  let text = draft.text
  for (;;) {
    const sent = present(draft, text, room)
    const tokens = tokensOf(sent) + 1
    if (tokens <= most) {
      const shortened = text !== draft.text
      return { item: itemOf(draft, room.id, room.request, { tokens, shortened }), sent }
    }
    const smaller =
      draft.share === 0 ? undefined : cut(text, draft.text, Math.floor((text.length * most) / tokens) - 40)
    if (smaller === undefined || smaller.length >= text.length) return undefined
    text = smaller
  }
}

function cut(text: string, whole: string, length: number): string | undefined {
  if (length < 80) return undefined
  const kept = text.slice(0, length).toWellFormed()
  return `${kept}\n[… ${whole.length - kept.length} more characters left out]`
}

function present(draft: Draft, text: string, { id, wrap }: Room): string {
  if (draft.trust_level === 'instruction' || draft.trust_level === 'operator') return `${draft.heading}\n${text}`
  const lines = draft.line_range === null ? '' : ` lines ${draft.line_range}`
  const source = draft.path === null ? draft.source : `${draft.path}${lines}`
  return `${draft.heading}\n${wrap({ id, source, trust: draft.trust_level }, text)}`
}

function itemOf(
  draft: Draft,
  id: string,
  request: ContextRequest,
  sent: Pick<ContextItem, 'tokens' | 'shortened'>,
): ContextItem {
  const { type, source, path, line_range, trust_level, freshness } = draft
  const content_hash = createHash('sha256').update(draft.text).digest('hex')
  const { repository, commit } = request.source
  return {
    id,
    type,
    source,
    repository,
    path,
    commit,
    line_range,
    trust_level,
    freshness,
    content_hash,
    ...sent,
  }
}
