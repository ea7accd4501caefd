import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import type { ForeignOffer } from '#ports'

/** An offer in its canonical order: what the pin is over and what is kept beside it. */
export function canonicalOffer(offer: ForeignOffer): string {
  const { server, tools, prompts, resources } = offer
  return canonicalJson({
    server: { ...server },
    tools: tools.toSorted(by('name')),
    prompts: prompts.toSorted(by('name')),
    resources: resources.toSorted(by('uri')),
  })
}

const by =
  <Key extends string>(key: Key) =>
  (a: Readonly<Record<Key, string>>, b: Readonly<Record<Key, string>>): number =>
    a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0

/** SHA-256 in hex of everything a server says about itself: a pin is to content, never to a name. */
export const pinOf = (offer: ForeignOffer): string => hash(canonicalOffer(offer))

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The offer that was pinned, if the text kept of it is the one the pin is over. */
export function pinnedOffer(text: string | undefined, pin: string | undefined): ForeignOffer | undefined {
  if (text === undefined || pin === undefined || hash(text) !== pin) return undefined
  return JSON.parse(text) as ForeignOffer
}

/** What differs, one line each, for the person who decides whether to pin anew. */
export function changesBetween(pinned: ForeignOffer, seen: ForeignOffer): readonly string[] {
  const server = (['name', 'version'] as const)
    .filter((key) => pinned.server[key] !== seen.server[key])
    .map((key) => `server ${key}: ${short(pinned.server[key])} → ${short(seen.server[key])}`)
  return [
    ...server,
    ...differences('tool', entries(pinned.tools, 'name'), entries(seen.tools, 'name')),
    ...differences('prompt', entries(pinned.prompts, 'name'), entries(seen.prompts, 'name')),
    ...differences('resource', entries(pinned.resources, 'uri'), entries(seen.resources, 'uri')),
  ].slice(0, 50)
}

type Entry = Readonly<Record<string, unknown>>

const entries = (items: readonly object[], key: 'name' | 'uri') =>
  new Map((items as readonly Entry[]).map((item) => [text(item[key]), item]))

function differences(kind: string, before: ReadonlyMap<string, Entry>, after: ReadonlyMap<string, Entry>): string[] {
  const lines: string[] = []
  for (const [name, old] of before) {
    const now = after.get(name)
    if (now === undefined) lines.push(`${kind} ${short(name)}: gone`)
    else for (const field of changed(old, now)) lines.push(`${kind} ${short(name)}: ${field}`)
  }
  for (const name of after.keys()) if (!before.has(name)) lines.push(`${kind} ${short(name)}: new`)
  return lines
}

function changed(old: Entry, now: Entry): readonly string[] {
  const fields = [...new Set([...Object.keys(old), ...Object.keys(now)])].toSorted()
  return fields
    .filter((field) => text(old[field]) !== text(now[field]))
    .map((field) => `${field}: ${short(text(old[field]))} → ${short(text(now[field]))}`)
}

const text = (value: unknown): string =>
  value === undefined ? 'none' : typeof value === 'string' ? value : canonicalJson(value)

const short = (words: string): string => {
  const line = words.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').toWellFormed()
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}
