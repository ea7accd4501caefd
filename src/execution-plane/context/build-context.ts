import { createHash } from 'node:crypto'
import type { ContextItem, ContextLayer, ContextManifest, DroppedItem, TextFlag } from '#domain/context'
import type { Task } from '#domain/task'
import type { VerificationReport } from '#domain/verification'
import type { TreeEntry } from '#ports'
import type { CodeSlice } from './code-slice.ts'
import { ownNotes, type ContextNote } from './context-note.ts'
import { keptBack } from './data-class/classify.ts'
import { draftsOf, policyDraft, systemDraft, type Draft } from './drafts.ts'
import { readInstructions } from './instruction-files.ts'
import { systemParts, SYSTEM_PROMPT_VERSION } from './system-prompt.ts'
import { tokenCounterOf, type TokenCounter } from './tokens/token-counter.ts'
import { createFlagging, type Sign, type Wrapped } from './untrusted/wrap-untrusted.ts'

/** What a context is made of. */
export interface ContextRequest {
  readonly task: Task
  /** The base commit; everything of the repository is read from it. */
  readonly source: { readonly repository: string; readonly commit: string }
  /** What the maps of the commit say, the same for every task on it. */
  readonly map: string
  /** What they say in view of the task; absent or empty: nothing. */
  readonly packet?: string
  /** Best first. */
  readonly slices: readonly CodeSlice[]
  /** Why less of the code is known than could be; absent: nothing is missing. */
  readonly code_notes?: readonly string[]
  /** Null while it is not known. */
  readonly baseline: VerificationReport | null
  /** What is known beside the repository; absent means nothing. @see ContextNote */
  readonly notes?: readonly ContextNote[]
  /** The tree of the base commit and how to read it, for its instruction files. */
  readonly list: readonly TreeEntry[]
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  readonly sign: Sign
  /** Signs what is the same for every run on the repository, by a secret they share; absent: `sign` does. */
  readonly shared_sign?: Sign
  /**
   * Most tokens of system and opening together, as estimated; absent means 16,000, and less than 2,000 holds
   * little: rules, bounds and the beginning of the task are sent whatever it is.
   */
  readonly budget_tokens?: number
}

/** What the planning phase starts with. */
interface Context {
  readonly system: string
  readonly opening: string
  readonly manifest: ContextManifest
}

interface Sent {
  readonly text: string
  readonly tokens: number
  readonly shortened: boolean
  readonly flags: readonly TextFlag[]
}

/** Of system and opening together, where nothing else is said. */
export const DEFAULT_CONTEXT_TOKENS = 16_000
const OPENING = 'The phase is now planning. Read what you need, then call submit_plan.'
/** Of the line ends between two items. */
const BETWEEN = 2
/** Characters of a shortened item: fewer say nothing. An invisible character takes eight when it is shown. */
const LEAST_KEPT = 20
/** Characters of a token at most, on the mean of a text: what is beyond so many is not even looked at. */
const LONGEST_TOKEN = 12
/** Tokens of the task that are sent whatever the budget: a run without its task can only go wrong. */
const LEAST_OF_TASK = 250

/**
 * Puts a context together, in the order of `draftsOf`. What may be shortened gets its share of the budget; slices fill
 * what is left, best first, and the first that does not fit is dropped with all that rank below it. Secret and regulated
 * data is left out whatever room there is. Everything that was left out is in the manifest with its reason.
 */
export async function buildContext(request: ContextRequest): Promise<Context> {
  const { task, slices, budget_tokens = DEFAULT_CONTEXT_TOKENS } = request
  const { agent } = task
  const counter = tokenCounterOf(agent.kind === 'transform' ? null : agent.model)
  const { rules, policy } = systemParts(task)
  const system = `${rules}\n\n${policy}`
  const notes = ownNotes(task, request.notes ?? [])
  const about = [...task.scope.allowed_paths, ...slices.map(({ path }) => path)]
  const agreed = task.agreement?.instructions_file ?? null
  const instructions = await readInstructions(request.list, request.read, { agreed, about })
  const fixed = [systemDraft(rules), policyDraft(policy)]
  const drafts = draftsOf({ ...request, notes }, instructions)
  const spent = counter.count(system) + counter.count(OPENING) + 2 * BETWEEN
  const sent = place(drafts, { request, counter, budget: budget_tokens, left: budget_tokens - spent })
  const whole = fixed.map(({ text }): Sent => ({ text, tokens: counter.count(text), shortened: false, flags: [] }))
  const opening = [...sent.flatMap((each) => (each === undefined ? [] : [each.text])), OPENING].join('\n\n')
  const token_count = counter.count(system) + counter.count(opening)
  const manifest = manifestOf(request, [...fixed, ...drafts], {
    sent: [...whole, ...sent],
    counter,
    budget_tokens,
    token_count,
  })
  return { system, opening, manifest }
}

interface Room {
  readonly request: ContextRequest
  readonly counter: TokenCounter
  readonly budget: number
  readonly left: number
}

/** What of each draft is sent; undefined where it is left out. Slices are asked last, whatever stands before them. */
function place(drafts: readonly Draft[], room: Room): readonly (Sent | undefined)[] {
  const sent = new Map<Draft, Sent>()
  let { left } = room
  const order = [...drafts.filter(({ share }) => share > 0), ...drafts.filter(({ share }) => share === 0)]
  for (const draft of order) {
    if (keptBack(draft.data_class) !== undefined) continue
    const fits = fit(draft, idOf(drafts.indexOf(draft)), { ...room, left })
    if (fits === undefined && draft.share === 0) break
    if (fits === undefined) continue
    sent.set(draft, fits)
    left -= fits.tokens
  }
  return drafts.map((draft) => sent.get(draft))
}

/** Ids count from the system text on, which is two items. */
const idOf = (index: number): string => `ctx-${index + 2}`

/** Shortens a draft to its share of the budget, or tells that there is no room for it. */
function fit(draft: Draft, id: string, { request, counter, left, budget }: Room): Sent | undefined {
  const least = draft.type === 'task_contract' ? LEAST_OF_TASK : 0
  const most = Math.max(least, Math.min(left, draft.share === 0 ? left : Math.floor(budget * draft.share)))
  const longest = most * LONGEST_TOKEN
  let text =
    draft.share === 0 || draft.text.length <= longest ? draft.text : (cut(draft.text, draft.text, longest) ?? '')
  for (;;) {
    const { sent, flags } = present(draft, id, text, request)
    const tokens = counter.count(sent) + BETWEEN
    if (tokens <= most) return { text: sent, tokens, shortened: text !== draft.text, flags }
    const smaller =
      draft.share === 0 ? undefined : cut(text, draft.text, Math.floor((0.9 * text.length * most) / tokens) - 20)
    if (smaller === undefined || smaller.length >= text.length) return undefined
    text = smaller
  }
}

function cut(text: string, whole: string, length: number): string | undefined {
  if (length < LEAST_KEPT) return undefined
  const kept = text.slice(0, length).toWellFormed()
  return `${kept}\n[… ${whole.length - kept.length} more characters left out]`
}

function present(draft: Draft, id: string, text: string, request: ContextRequest): Wrapped {
  const { heading, trust_level, kind } = draft
  if (trust_level === 'instruction' || trust_level === 'operator') return { sent: `${heading}\n${text}`, flags: [] }
  const lines = draft.line_range === null ? '' : ` lines ${draft.line_range}`
  const source = draft.path === null ? draft.source : `${draft.path}${lines}`
  const flagging = createFlagging(draft.shared ? (request.shared_sign ?? request.sign) : request.sign)
  const { sent, flags } = flagging({ id, source, trust: trust_level, kind }, text)
  return { sent: `${heading}\n${sent}`, flags }
}

interface Placement extends Pick<ContextManifest, 'budget_tokens' | 'token_count'> {
  /** Beside the drafts. */
  readonly sent: readonly (Sent | undefined)[]
  readonly counter: TokenCounter
}

function manifestOf(request: ContextRequest, drafts: readonly Draft[], placement: Placement): ContextManifest {
  const { sent, counter, budget_tokens, token_count } = placement
  const items: ContextItem[] = []
  const dropped: DroppedItem[] = []
  const by_layer: { [layer in ContextLayer]?: number } = {}
  let prefix_tokens = 0
  let prefix = true
  for (const [index, draft] of drafts.entries()) {
    const placed = sent[index]
    const item = itemOf(draft, `ctx-${index}`, request, placed)
    if (placed === undefined) {
      dropped.push({ ...item, reason: keptBack(draft.data_class) ?? 'over_budget', why: draft.why })
      continue
    }
    items.push(item)
    by_layer[item.layer] = (by_layer[item.layer] ?? 0) + item.tokens
    prefix &&= draft.shared
    if (prefix) prefix_tokens += item.tokens
  }
  return {
    schema: 'gander.context/v2',
    system_prompt_version: SYSTEM_PROMPT_VERSION,
    repository: request.source.repository,
    commit: request.source.commit,
    tokenizer: counter.family,
    budget_tokens,
    token_count,
    prefix_tokens,
    tokens_by_layer: by_layer,
    items,
    dropped,
    notes: request.code_notes ?? [],
  }
}

function itemOf(draft: Draft, id: string, { source }: ContextRequest, sent: Sent | undefined): ContextItem {
  return {
    id,
    layer: draft.layer,
    type: draft.type,
    source: draft.source,
    repository: source.repository,
    path: draft.path,
    commit: source.commit,
    line_range: draft.line_range,
    trust_level: draft.trust_level,
    freshness: draft.freshness,
    data_class: draft.data_class,
    content_hash: createHash('sha256').update(draft.text).digest('hex'),
    tokens: sent?.tokens ?? 0,
    shortened: sent?.shortened ?? false,
    flags: sent?.flags ?? [],
    ...(draft.reasons.length === 0 ? {} : { reasons: draft.reasons }),
  }
}
