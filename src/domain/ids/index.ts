declare const brand: unique symbol

/** A string that only the code which made or parsed it may call by this name. */
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** Identifiers are a prefix, an underscore and 26 characters of Crockford base32 over a UUID v7: they sort by time. */
export type RunId = Branded<'run'>
export type TaskId = Branded<'task'>
export type RequestId = Branded<'request'>
export type TenantId = Branded<'tenant'>
export type DecisionId = Branded<'decision'>
export type EventId = Branded<'event'>
export type WorkerId = Branded<'worker'>

/** Each kind of identifier with the prefix people see. */
const ID_PREFIXES = {
  run: 'run',
  task: 'task',
  request: 'req',
  tenant: 'ten',
  artifact: 'art',
  decision: 'pdec',
  approval: 'appr',
  event: 'aud',
  tool_call: 'tool',
  worker: 'wrk',
  principal: 'prn',
  token: 'tok',
  memory: 'mem',
} as const

export type IdKind = keyof typeof ID_PREFIXES

/** The identifier type of a kind. */
export type IdOf<Kind extends IdKind> = Branded<Kind>

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Writes the 16 bytes of a UUID v7 as an identifier of the kind. */
export function formatId<Kind extends IdKind>(kind: Kind, uuid: Uint8Array): IdOf<Kind> {
  let bits = 0n
  for (const byte of uuid) bits = (bits << 8n) | BigInt(byte)
  let text = ''
  for (let digit = 0; digit < 26; digit++) {
    text = ALPHABET.charAt(Number(bits & 31n)) + text
    bits >>= 5n
  }
  return `${ID_PREFIXES[kind]}_${text}` as IdOf<Kind>
}

/** Reads an identifier a person typed or a row holds; undefined when it is not one of this kind. */
export function parseId<Kind extends IdKind>(kind: Kind, text: string): IdOf<Kind> | undefined {
  const pattern = new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-hjkmnp-tv-z]{26}$`)
  return pattern.test(text) ? (text as IdOf<Kind>) : undefined
}

/** The tenant of an installation that has only one. */
export const LOCAL_TENANT = 'ten_local' as TenantId
