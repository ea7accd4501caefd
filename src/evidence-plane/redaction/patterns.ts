import { isPlaceholder, isTrivialPassword, looksLikeSecret } from './not-secret.ts'
import type { Span } from './span.ts'

/** A known format. Every quantifier is bounded or runs over one class, so matching is linear on any input. */
interface Pattern {
  readonly kind: string
  /** The pattern is tried only where one of these stands in the text; absent: always. */
  readonly anchors?: readonly string[]
  /** Global; the group `secret`, where there is one, is what is cut. */
  readonly expression: RegExp
  /** Says no to a match that only looks like one. */
  readonly accepts?: (groups: Readonly<Record<string, string | undefined>>) => boolean
}

const KEY_WORD =
  'pass(?:words?|wd|phrase|code)|pwd|secret|tokens?|api[_-]?keys?|(?:access|private|signing|encryption|master|auth|account|shared|client)[_-]?key|credentials?|(?:db|database|mysql|postgres|redis|smtp|admin|root|user)_?pass'
const NAMES_NO_VALUE =
  /(?:hash|sha\d*|digest|checksum|ids?|types?|names?|counts?|ur[il]|path|file|length|len|size|limit|ttl|expir\w*|usage|budget|regex|pattern|field|header|param|label|policy|rule|index|offset|version|prefix|suffix|class|kind|ref|at)$/i

const PATTERNS: readonly Pattern[] = [
  {
    kind: 'aws_access_key',
    anchors: ['AKIA', 'ASIA', 'ABIA', 'ACCA', 'AROA', 'AIDA'],
    expression: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  },
  {
    kind: 'aws_secret_key',
    anchors: ['secret', 'Secret', 'SECRET'],
    expression:
      /(?:aws|amazon|sk)?_?secret_?(?:access)?_?key(?:_?id)?["']?[ \t]{0,4}(?:=>|[=:])[ \t]{0,4}["']?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  },
  {
    kind: 'github_token',
    anchors: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    expression: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255})/g,
  },
  {
    kind: 'gitlab_token',
    anchors: ['gl'],
    expression:
      /(?<![A-Za-z0-9])(?:glpat|gldt|glrt|glrtr|glcbt|glptt|glft|glimt|glagent|glsoat|glffct)-[A-Za-z0-9_.-]{20,300}/g,
  },
  {
    kind: 'slack_token',
    anchors: ['xox', 'xapp-', 'hooks.slack.com'],
    expression:
      /(?<![A-Za-z0-9])(?:xox[abeoprs](?:\.xox[bp])?-(?:\d-)?[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250})|hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[A-Za-z0-9/_-]{20,120})/g,
  },
  {
    kind: 'stripe_key',
    anchors: ['_live_', '_test_', 'whsec_'],
    expression: /(?<![A-Za-z0-9])(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,247}|whsec_[A-Za-z0-9+/=]{24,128})/g,
  },
  {
    kind: 'npm_token',
    anchors: ['npm_', '_authToken', '_auth'],
    expression:
      /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])|_auth(?:Token)?[ \t]?=[ \t]?"?(?<secret>[A-Za-z0-9+/=_.-]{16,500})/g,
    accepts: ({ secret }) => secret === undefined || !isPlaceholder(secret),
  },
  {
    kind: 'pypi_token',
    anchors: ['pypi-Ag'],
    expression: /pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{40,1000}/g,
  },
  {
    kind: 'google_key',
    anchors: ['AIza', 'GOCSPX-', 'ya29.'],
    expression:
      /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{24,40}|ya29\.[A-Za-z0-9_-]{20,1000})/g,
  },
  { kind: 'anthropic_key', anchors: ['sk-ant-'], expression: /sk-ant-[A-Za-z0-9_-]{20,300}/g },
  {
    kind: 'openai_key',
    anchors: ['sk-'],
    expression:
      /(?<![A-Za-z0-9_-])sk-(?!ant-)(?:(?:proj|svcacct|admin|None|or-v1)-[A-Za-z0-9_-]{20,300}|[A-Za-z0-9]{32,128}(?![A-Za-z0-9_-]))/g,
    accepts: ({ 0: whole = '' }) => /\d/.test(whole),
  },
  {
    kind: 'jwt',
    anchors: ['eyJ'],
    expression: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,8000}\.eyJ[A-Za-z0-9_-]{6,16000}\.[A-Za-z0-9_-]{16,8000}/g,
  },
  {
    kind: 'connection_string',
    anchors: ['://'],
    expression: /:\/\/[^\s:@/'"<>`]{0,100}:(?<secret>[^\s@'"<>`/]{3,200})@[\w.[-]/g,
    accepts: ({ secret = '' }) => !isPlaceholder(secret) && !isTrivialPassword(secret),
  },
  {
    kind: 'connection_string',
    anchors: ['AccountKey=', 'SharedAccessKey=', 'Password=', 'password=', 'Pwd='],
    expression:
      /;[ \t]?(?:AccountKey|SharedAccessKey|Password|Pwd)=(?<secret>[^;\s"'`]{6,200})|(?:AccountKey|SharedAccessKey)=(?<key>[A-Za-z0-9+/]{40,100}={0,2})/gi,
    accepts: ({ secret = '' }) => !isPlaceholder(secret) && !isTrivialPassword(secret),
  },
  {
    kind: 'authorization',
    anchors: ['earer ', 'EARER ', 'asic '],
    expression:
      /\b(?:bearer|authorization["']?[=:][ \t]?["']?basic)[ \t]{1,3}(?<secret>[A-Za-z0-9._~+/-]{12,4000}={0,2})/gi,
    accepts: ({ secret = '' }) => secret.length >= 12 && /\d/.test(secret) && looksLikeSecret(secret, true),
  },
  {
    kind: 'assigned_secret',
    expression: new RegExp(
      `(?:${KEY_WORD})(?<rest>[\\w-]{0,24})(?:\\\\?["']|["']?\\])?[ \\t]{0,4}(?<sign>=>|:=|={1,3}|:)[ \\t]{0,4}` +
        `(?:[rbuf]?\\\\?(?<quote>["'\`])(?<quoted>[^"'\`\\s\\\\]{8,200})\\\\?\\k<quote>|(?<bare>[^\\s"'\`,;<>(){}[\\]\\\\|&]{8,200}))`,
      'gi',
    ),
    accepts: isAssignedSecret,
  },
]

function isAssignedSecret(groups: Readonly<Record<string, string | undefined>>): boolean {
  const { 0: whole = '', rest = '', sign = '', quoted, bare = '' } = groups
  if (NAMES_NO_VALUE.test(rest)) return false
  if (quoted !== undefined) return looksLikeSecret(quoted, true)
  return looksLikeSecret(bare, sign === '=' && whole.endsWith(`=${bare}`))
}

/** Finds known formats of credentials. */
export function findPatterns(text: string): readonly Span[] {
  const spans: Span[] = [...findPrivateKeys(text)]
  for (const { kind, anchors, expression, accepts } of PATTERNS) {
    if (anchors !== undefined && !anchors.some((anchor) => text.includes(anchor))) continue
    for (const match of text.matchAll(expression)) {
      const groups = { 0: match[0], ...match.groups }
      if (accepts !== undefined && !accepts(groups)) continue
      const named: Readonly<Record<string, string | undefined>> = groups
      const value = named['secret'] ?? named['key'] ?? named['quoted'] ?? named['bare'] ?? match[0]
      const start = match.index + match[0].lastIndexOf(value)
      spans.push({ start, end: start + value.length, kind })
    }
  }
  return spans
}

const KEY_BEGIN = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g
const LONGEST_KEY = 20_000

/** Private key blocks, also when cut off before their end or written with `\n` for line breaks. */
function findPrivateKeys(text: string): readonly Span[] {
  if (!text.includes('PRIVATE KEY')) return []
  const spans: Span[] = []
  let end = -1
  for (const begin of text.matchAll(KEY_BEGIN)) {
    const body = begin.index + begin[0].length
    if (body < (spans.at(-1)?.end ?? 0)) continue
    if (end !== Number.POSITIVE_INFINITY && end < body) {
      const found = text.indexOf('-----END ', body)
      end = found === -1 ? Number.POSITIVE_INFINITY : found
    }
    const stop = end - body <= LONGEST_KEY ? end : body + armour(text, body)
    const content = text.slice(body, stop).replaceAll(/\\[nr]|[^A-Za-z0-9+/=]/g, '')
    if (content.length < 40) continue
    const close = stop === end ? text.slice(stop, stop + 80).search(/KEY(?: BLOCK)?-----/) : -1
    spans.push({
      start: begin.index,
      end: close === -1 ? stop : text.indexOf('-----', stop + close) + 5,
      kind: 'private_key',
    })
  }
  return spans
}

function armour(text: string, from: number): number {
  return /^[A-Za-z0-9+/=\s\\:,-]*/.exec(text.slice(from, from + LONGEST_KEY))?.[0].length ?? 0
}

/** What the version of the redactor is made from. */
export const patternSources: readonly string[] = PATTERNS.map(({ kind, expression }) => `${kind}:${expression.source}`)
