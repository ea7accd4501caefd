import type { EvidenceCompleteness } from '#domain/review'

/** What a pull request owes its reviewer, and where it is found in a packet and in a description. */
const OWED: readonly (readonly [name: string, inText: RegExp, inPacket: RegExp])[] = [
  ['summary', /^#{1,3}\s*(?:summary|what|why)\b/im, /"what_was_asked":\s*\["/],
  ['scope', /^#{1,3}\s*(?:scope|changes|what changed)\b/im, /"what_changed":\s*\["/],
  ['reproduction', /^#{1,3}\s*(?:reproduction|why it is right)\b/im, /"reproduction":\s*\{/],
  ['verification', /^#{1,3}\s*(?:verification|what proves it|test plan|testing)\b/im, /"after":\s*\{/],
  ['risk', /^#{1,3}\s*(?:risk|what risk)\b/im, /"what_risk_is_left":\s*\["/],
  ['constraints', /^#{1,3}\s*(?:constraints|what scope)\b/im, /"what_scope_was_agreed":\s*\["/],
  ['rollback', /^#{1,3}\s*(?:rollback|roll back|how to roll back)\b/im, /"how_to_roll_back":\s*\["/],
  [
    'trace',
    /^#{1,3}\s*(?:agent trace|agent evidence|trace|where the trace)\b|\brun_[0-9a-z]{10,}/im,
    /"where_the_trace_is":\s*\["/,
  ],
]

/** Which parts of the evidence are there; text is a packet's JSON or a description in Markdown, null where there is none. */
export function completenessOf(text: string | null): EvidenceCompleteness {
  if (text === null) return { source: 'none', present: [], missing: OWED.map(([name]) => name) }
  const statement = statementIn(text)
  const present = OWED.filter(([, inText, inPacket]) =>
    statement === undefined ? inText.test(text) : inPacket.test(statement),
  ).map(([name]) => name)
  return {
    source: statement === undefined ? 'description' : 'packet',
    present,
    missing: OWED.map(([name]) => name).filter((name) => !present.includes(name)),
  }
}

/** The JSON of a packet, with what its envelopes carry in base64 beside it; undefined for other text. */
function statementIn(text: string): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined
  const payloads = [...text.matchAll(/"payload":\s*"([A-Za-z0-9+/=_-]{16,})"/g)].map(([, payload]) =>
    Buffer.from(payload ?? '', 'base64').toString('utf8'),
  )
  return [text, ...payloads].join('\n')
}
