/** A value that survives JSON unchanged; what steps, events and records are made of. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** An object of JSON values. */
export type JsonObject = { readonly [key: string]: Json }

/**
 * Canonical JSON after RFC 8785: keys sorted by UTF-16 code units, no white space, `undefined` members dropped.
 * Equal values give equal text, so hashes over it are comparable across processes. Non-finite numbers throw TypeError.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object') return canonicalObject(value)
  throw new TypeError(`a ${typeof value} has no JSON form`)
}

/** Whole conversations are hashed at every step, so nothing is made here but the text. */
function canonicalObject(value: object): string {
  const members = value as { readonly [key: string]: unknown }
  let text = ''
  // Without an order of its own, sort() compares UTF-16 code units.
  for (const key of Object.keys(value).sort()) {
    const member = members[key]
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`
  }
  return `{${text}}`
}
