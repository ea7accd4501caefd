import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '#domain/json'
import type { Redactor } from '#ports'

/** Members whose text is a name, an id, a signature or bytes: patterns don't apply, registered values do. */
const NOT_PROSE: ReadonlySet<string> = new Set([
  'type',
  'role',
  'id',
  'name',
  'model',
  'tool_use_id',
  'tool_call_id',
  'call_id',
  'signature',
  'data',
  'media_type',
  'mimeType',
  'encrypted_content',
  'thoughtSignature',
  'thinking',
  'provider_data',
  'image_url',
  'url',
]) // prettier-ignore
/** Members that hold what a tool was given or said: whatever their own members are called, patterns apply to them. */
const OF_TOOLS: ReadonlySet<string> = new Set(['arguments', 'args', 'response'])
/** Conversations repeat themselves: what was clean at the last call needs no second look. */
const REMEMBERED = 20_000

/** What was cut out of one request. */
export interface RequestRedaction {
  readonly value: Json
  readonly count: number
  readonly by_kind: { readonly [kind: string]: number }
  readonly confirmed: boolean
}

/** Cuts registered values out of every string of a request, and known formats out of its prose. */
export interface RequestRedactor {
  redact(value: Json): Promise<RequestRedaction>
  /** A new secret was registered: nothing is known to be clean any more. */
  forget(): void
}

/** Makes the redactor of a gateway's requests. */
export function createRequestRedactor(redactor: Redactor): RequestRedactor {
  const clean = new Set<string>()
  return {
    forget: () => clean.clear(),
    async redact(value) {
      const tally: Tally = { count: 0, by_kind: {}, confirmed: false }
      const redacted = await walk(value, 'prose', tally)
      return { value: redacted, ...tally }
    },
  }

  async function walk(value: Json, place: Place, tally: Tally): Promise<Json> {
    if (typeof value === 'string') return text(value, place !== 'name', tally)
    if (typeof value !== 'object' || value === null) return value
    const members: Json[] = []
    if (Array.isArray(value)) {
      for (const each of value as readonly Json[]) members.push(await walk(each, place, tally))
      return members
    }
    const entries: [string, Json][] = []
    for (const [key, member] of Object.entries(value as JsonObject))
      if (member !== undefined)
        entries.push([
          await text(key, false, tally),
          await walk(member, placeOf(key, value as JsonObject, place), tally),
        ])
    return Object.fromEntries(entries)
  }

  async function text(said: string, is_prose: boolean, tally: Tally): Promise<string> {
    if (said.length < 8) return said
    const id = `${is_prose}${said.length < 64 ? said : createHash('sha256').update(said).digest('base64')}`
    if (clean.has(id)) return said
    if (!is_prose && redactor.holdsRegistered?.(said) === false) return said
    const found = await redactor.redact(said)
    if (found.text === said || !(is_prose || found.confirmed)) {
      if (clean.size >= REMEMBERED) clean.clear()
      clean.add(id)
      return said
    }
    tally.count += found.count
    for (const [kind, times] of Object.entries(found.by_kind ?? {}))
      tally.by_kind[kind] = (tally.by_kind[kind] ?? 0) + times
    tally.confirmed ||= found.confirmed
    return found.text
  }
}

/** What a string is, by where it stands. */
type Place = 'prose' | 'name' | 'of_tools'

function placeOf(key: string, holder: JsonObject, place: Place): Place {
  if (place !== 'prose') return place
  const is_given = OF_TOOLS.has(key) || (key === 'input' && holder['type'] === 'tool_use')
  if (is_given) return 'of_tools'
  const { media_type } = holder
  const is_text = key === 'data' && typeof media_type === 'string' && media_type.startsWith('text/')
  return NOT_PROSE.has(key) && !is_text ? 'name' : 'prose'
}

interface Tally {
  count: number
  by_kind: Record<string, number>
  confirmed: boolean
}
