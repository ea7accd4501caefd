import { createHash } from 'node:crypto'
import type { Json } from '#domain/json'
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
  'image_url',
  'url',
]) // prettier-ignore
/** Conversations repeat themselves: what was clean at the last call needs no second look. */
const REMEMBERED = 20_000

/** What was cut out of one request. */
interface RequestRedaction {
  readonly value: Json
  readonly count: number
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
      const tally = { count: 0, confirmed: false }
      const redacted = await walk(value, true, tally)
      return { value: redacted, ...tally }
    },
  }

  async function walk(value: Json, is_prose: boolean, tally: Tally): Promise<Json> {
    if (typeof value === 'string') return text(value, is_prose, tally)
    if (typeof value !== 'object' || value === null) return value
    const members: Json[] = []
    if (Array.isArray(value)) {
      for (const each of value as readonly Json[]) members.push(await walk(each, is_prose, tally))
      return members
    }
    const entries: [string, Json][] = []
    for (const [key, member] of Object.entries(value))
      if (member !== undefined)
        entries.push([await text(key, false, tally), await walk(member, is_prose && !NOT_PROSE.has(key), tally)])
    return Object.fromEntries(entries)
  }

  async function text(said: string, is_prose: boolean, tally: Tally): Promise<string> {
    if (said.length < 8) return said
    const id = `${is_prose}${said.length < 64 ? said : createHash('sha256').update(said).digest('base64')}`
    if (clean.has(id)) return said
    if (!is_prose && redactor.holdsRegistered?.(said) === false) return said
    const found = await redactor.redact(said)
    if (found.count === 0 || !(is_prose || found.confirmed)) {
      if (clean.size >= REMEMBERED) clean.clear()
      clean.add(id)
      return said
    }
    tally.count += found.count
    tally.confirmed ||= found.confirmed
    return found.text
  }
}

interface Tally {
  count: number
  confirmed: boolean
}
