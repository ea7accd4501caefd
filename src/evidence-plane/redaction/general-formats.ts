import type { CredentialFormat } from './credential-formats.ts'
import { isPlaceholder, isTrivialPassword, looksLikeSecret } from './not-secret.ts'

const KEY_WORD =
  'pass(?:words?|wd|phrase|code)|(?<=(?:db|database|mysql|postgres|redis|smtp|admin|root|user)_?)pass|pwd|secret|tokens?|' +
  '(?<=(?:api|access|private|signing|encryption|master|auth|account|shared|client)[_-]?)key|credentials?'
const NAMES_NO_VALUE =
  /(?:hash|sha\d*|digest|checksum|ids?|types?|names?|counts?|ur[il]|path|file|length|len|size|limit|ttl|expir\w*|usage|budget|regex|pattern|field|header|param|label|policy|rule|index|offset|version|prefix|suffix|class|kind|ref|at)$/i

const isChosen = ({ secret = '' }: Readonly<Record<string, string | undefined>>): boolean =>
  !isPlaceholder(secret) && !isTrivialPassword(secret)

/** Formats known by the words around them. */
export const GENERAL_FORMATS: readonly CredentialFormat[] = [
  {
    kind: 'aws_secret_key',
    anchors: ['secret'],
    expression:
      /secret_?(?:access)?_?key(?:_?id)?["']?[ \t]{0,4}(?:=>|[=:])[ \t]{0,4}["']?(?<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/iy,
  },
  {
    kind: 'npm_token',
    anchors: ['_auth'],
    expression: /_auth(?:Token)?[ \t]?=[ \t]?"?(?<secret>[A-Za-z0-9+/=_.-]{16,500})/y,
    accepts: isChosen,
  },
  {
    kind: 'connection_string',
    anchors: ['://'],
    expression: /:\/\/[^\s:@/'"<>`]{0,100}:(?<secret>[^\s@'"<>`/]{4,200})@[\w.[-]/y,
    accepts: isChosen,
  },
  {
    kind: 'connection_string',
    anchors: ['AccountKey=', 'SharedAccessKey='],
    expression: /(?:AccountKey|SharedAccessKey)=(?<secret>[A-Za-z0-9+/]{40,100}={0,2})/iy,
  },
  {
    kind: 'connection_string',
    anchors: [';Password=', '; Password=', ';Pwd=', '; Pwd='],
    expression: /;[ \t]?(?:Password|Pwd)=(?<secret>[^;\s"'`]{6,200})/iy,
    accepts: isChosen,
  },
  {
    kind: 'authorization',
    anchors: ['bearer', 'basic'],
    expression:
      /(?:\bbearer|(?<=\bauthorization["']?[=:][ \t]?["']?)basic)[ \t]{1,3}(?<secret>[A-Za-z0-9._~+/-]{12,4000}={0,2})/iy,
    accepts: ({ secret = '' }) => secret.length >= 12 && /\d/.test(secret) && looksLikeSecret(secret, true),
  },
  {
    kind: 'netrc_password',
    anchors: ['machine'],
    expression:
      /machine[ \t]{1,8}[\w.-]{1,200}\s{1,8}login\s{1,8}[^\s]{1,200}\s{1,8}password\s{1,8}(?<secret>[^\s]{6,200})/y,
    accepts: isChosen,
  },
  {
    kind: 'registry_login',
    anchors: ['"auth"'],
    expression: /"auth"[ \t]{0,4}:[ \t]{0,4}"(?<secret>[A-Za-z0-9+/]{16,500}={0,2})"/y,
  },
  {
    kind: 'kubernetes_key',
    anchors: ['client-key-'],
    expression: /client-key-data"?[ \t]{0,4}:[ \t]{0,4}"?(?<secret>LS0t[A-Za-z0-9+/]{100,8000}={0,2})/y,
  },
  {
    kind: 'wireguard_key',
    anchors: ['PrivateKey', 'PresharedKey'],
    expression: /(?:PrivateKey|PresharedKey)[ \t]{0,4}=[ \t]{0,4}(?<secret>[A-Za-z0-9+/]{43}=)/y,
  },
  {
    kind: 'assigned_secret',
    anchors: ['pass', 'pwd', 'secret', 'token', 'key', 'credential'],
    expression: new RegExp(
      `(?:${KEY_WORD})(?<rest>[\\w-]{0,24})(?:\\\\?["']|["']?\\])?[ \\t]{0,4}(?<sign>=>|:=|={1,3}|:)[ \\t]{0,4}` +
        `(?:[rbuf]?\\\\?(?<quote>["'\`])(?<quoted>[^"'\`\\s\\\\]{8,200})\\\\?\\k<quote>|(?<bare>[^\\s"'\`,;<>(){}[\\]\\\\|&]{8,200}))`,
      'iy',
    ),
    cannot: hasNoSign,
    accepts: isAssignedSecret,
  },
]

/** Longer than the words, the rest of the name and what may stand between it and its sign. */
const SIGN_WITHIN = 48
const BEFORE_SIGN = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w\-\\"'\] \t]/.test(String.fromCharCode(code)) ? 1 : 0,
)

/** True where no `=` or `:` follows the name. */
function hasNoSign(units: Uint16Array, anchor: number): boolean {
  for (let at = anchor; at < anchor + SIGN_WITHIN; at++) {
    const unit = units[at] ?? 0
    if (unit === 0x3d || unit === 0x3a) return false
    if (BEFORE_SIGN[unit] !== 1) return true
  }
  return true
}

function isAssignedSecret(groups: Readonly<Record<string, string | undefined>>): boolean {
  const { 0: whole = '', rest = '', sign = '', quoted, bare = '' } = groups
  if (NAMES_NO_VALUE.test(rest)) return false
  if (quoted !== undefined) return looksLikeSecret(quoted, true)
  return looksLikeSecret(bare, sign === '=' && whole.endsWith(`=${bare}`))
}
