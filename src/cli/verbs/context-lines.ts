import {
  CONTEXT_LAYERS,
  type ContextItem,
  type ContextManifest,
  type RequestAccount,
  type SeenMessage,
} from '#domain/context'
import { counted } from '../screen/figures.ts'
import type { Paint } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'
import type { ContextOfRun, RequestSeen } from './context-of-run.ts'

interface Look {
  readonly paint: Paint
  readonly width: number
}

/** What a run began with, by layer and by item, what was left out, and the requests that followed. */
export function contextLines(context: ContextOfRun, look: Look): readonly string[] {
  const { manifest, built, requests } = context
  const { paint } = look
  const when = built === null ? '' : `, step ${built.step} at ${built.at.slice(11, 19)}`
  const tokens = `about ${grouped(manifest.token_count)} of ${grouped(manifest.budget_tokens)} tokens (${manifest.tokenizer})`
  return [
    paint.strong('Context'),
    `  ${tokens} from ${plainLine(manifest.repository)} @ ${manifest.commit.slice(0, 12)}${when}`,
    `  ${paint.dim(`the first ${grouped(manifest.prefix_tokens)} tokens are the same for every run on this repository while its map and guidance stay`)}`,
    ...(manifest.notes ?? []).map((note) => `  ${paint.warn('!')} ${plainLine(note)}`),
    '',
    paint.strong('By layer'),
    ...layers(manifest, look),
    '',
    paint.strong('What was shown'),
    ...indented(manifest.items.map(shownRow), look),
    ...chosen(manifest.items, look),
    ...leftOut(manifest, look),
    ...flags(manifest.items, look),
    ...requestLines(requests, look),
  ]
}

const BAR = 24

function layers({ tokens_by_layer, items }: ContextManifest, look: Look): readonly string[] {
  const most = Math.max(1, ...CONTEXT_LAYERS.map((layer) => tokens_by_layer[layer] ?? 0))
  const rows = CONTEXT_LAYERS.map((layer) => {
    const tokens = tokens_by_layer[layer] ?? 0
    const count = items.filter((item) => item.layer === layer).length
    const bar = '█'.repeat(Math.ceil((tokens / most) * BAR))
    return [words(layer), count === 0 ? '–' : String(count).padStart(2), grouped(tokens).padStart(7), bar]
  })
  return indented(rows, look)
}

const shownRow = (item: ContextItem): readonly string[] => [
  item.id,
  words(item.type),
  grouped(item.tokens).padStart(6),
  item.trust_level.replaceAll('_', ' '),
  words(item.data_class),
  `${place(item)}${item.shortened ? ', shortened' : ''}`,
]

const place = ({ path, line_range, source }: ContextItem): string =>
  path === null ? plainLine(source) : `${plainLine(path)}${line_range === null ? '' : `:${line_range}`}`

/** Why the ranker chose the code that was shown. */
function chosen(items: readonly ContextItem[], look: Look): readonly string[] {
  const rows = items.flatMap((item) =>
    item.reasons === undefined ? [] : [[item.id, place(item), plainLine(item.reasons.join('; '))]],
  )
  return rows.length === 0 ? [] : ['', look.paint.strong('Why this code'), ...indented(rows, look)]
}

function leftOut({ dropped }: ContextManifest, look: Look): readonly string[] {
  if (dropped.length === 0) return []
  const rows = dropped.map((item) => [
    item.id,
    words(item.reason),
    place(item),
    plainLine(item.why ?? 'no room was left for it'),
  ])
  return ['', look.paint.strong('What was left out'), ...indented(rows, look)]
}

function flags(items: readonly ContextItem[], look: Look): readonly string[] {
  const found = items.flatMap((item) => item.flags.map((flag) => ({ item, flag })))
  if (found.length === 0) return []
  const rows = found.map(({ item, flag }) => [
    item.id,
    flag.rule,
    place(item),
    `${flag.lines.length === 1 ? 'line' : 'lines'} ${flag.lines.join(', ')}: ${plainLine(flag.title)}`,
  ])
  return [
    '',
    look.paint.warn('What was flagged: it was shown as material, and permits nothing'),
    ...indented(rows, look),
  ]
}

function requestLines(requests: readonly RequestSeen[], look: Look): readonly string[] {
  if (requests.length === 0) return []
  const rows = requests.map(({ step, at, account, counted_tokens, left_out }) => [
    String(step).padStart(3),
    at.slice(11, 19),
    account === null ? '' : `~${grouped(account.total_tokens)}`.padStart(8),
    counted_tokens === null ? '' : `${grouped(counted_tokens)} counted`.padStart(15),
    account === null ? '' : counted(account.messages, 'message'),
    [
      account === null ? 'not kept' : `${account.changed.length} new`,
      ...(left_out === 0 ? [] : [`${left_out} given up before`]),
    ].join(', '),
  ])
  return ['', look.paint.strong('Requests (--step N shows one)'), ...indented(rows, look)]
}

/** What one request carried, message by message. */
export function requestDetail(
  {
    request,
    account,
    messages,
  }: {
    readonly request: RequestSeen
    readonly account: RequestAccount
    readonly messages: readonly SeenMessage[]
  },
  look: Look,
): readonly string[] {
  const sums = [
    ['system', grouped(account.system_tokens).padStart(7)],
    ['tool declarations', grouped(account.tool_tokens).padStart(7)],
    ...KINDS.map(([kind, name]) => [
      name,
      grouped(messages.filter((each) => each.kind === kind).reduce((sum, { tokens }) => sum + tokens, 0)).padStart(7),
    ]),
    ['together', grouped(account.total_tokens).padStart(7)],
  ]
  const fresh = new Set(account.changed.map(({ id }) => id))
  const rows = messages.map(({ id, kind, tool, tokens, hash }) => [
    fresh.has(id) ? '+' : ' ',
    id,
    tool === '' ? kind : tool,
    grouped(tokens).padStart(7),
    hash,
  ])
  const said = request.counted_tokens === null ? '' : `, ${grouped(request.counted_tokens)} counted by the provider`
  return [
    look.paint.strong(`What the model saw at step ${request.step}`),
    `  ${request.at.slice(11, 19)}, ${request.key}, about ${grouped(account.total_tokens)} tokens${said}`,
    '',
    ...indented(sums, look),
    '',
    look.paint.strong('Messages (+ new or read otherwise since the request before)'),
    ...indented(rows, look),
  ]
}

const KINDS = [
  ['platform', 'words of the platform'],
  ['model', 'words of the model'],
  ['tool_result', 'tool results'],
] as const

const indented = (rows: readonly (readonly string[])[], { width }: Look): readonly string[] =>
  table(rows, { width, indent: '  ' })

const words = (name: string): string => name.replaceAll('_', ' ')
const grouped = (n: number): string => n.toLocaleString('en')
