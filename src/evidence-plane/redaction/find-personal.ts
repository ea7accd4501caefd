import type { PersonalClass } from '#ports'
import type { Span } from './span.ts'

interface PersonalFormat {
  readonly expression: RegExp
  readonly accepts?: (whole: string, before: string) => boolean
}

const INTERNAL = '(?:internal|corp|intranet|lan|local|localdomain|private|home\\.arpa)'
const PRIVATE_HOST = new RegExp(
  `^(?:10(?:\\.\\d{1,3}){3}|192\\.168(?:\\.\\d{1,3}){2}|172\\.(?:1[6-9]|2\\d|3[01])(?:\\.\\d{1,3}){2}|169\\.254(?:\\.\\d{1,3}){2}` +
    `|\\[f[cd][\\da-f:]+\\]|\\[fe80:[\\da-f:]+\\]|(?:[\\w-]+\\.)+${INTERNAL}|(?!localhost$)[a-z][\\w-]*)$`,
  'i',
)

/** Personal data, each expression bounded. Reserved example domains and loopback addresses tell of nobody. */
const PERSONAL: { readonly [Name in PersonalClass]: PersonalFormat } = {
  email_address: {
    expression: /(?<![\w.+%-])[\w.+%-]{1,64}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])/gi,
    accepts: (whole) =>
      !/^(?:git|noreply|.*\+.*@users\.noreply.*)@|[@.]example(?:\.(?:com|net|org))?$|\.(?:test|invalid)$/i.test(whole),
  },
  private_url: {
    expression:
      /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>)\]}\\]{1,2000}|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){2,8}(?:internal|corp|intranet|lan)(?::\d{2,5})?(?![\w.-])|(?<![\w.-])(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}:\d{2,5}(?!\w)/gi,
    accepts: (whole) => !whole.includes('://') || PRIVATE_HOST.test(hostOf(whole)),
  },
  phone_number: {
    expression: /(?<![\w+.])\+[1-9]\d{0,2}(?:[ .()-]{0,2}\d){6,13}(?!\w)/g,
    accepts: (whole, before) => {
      const digits = whole.replaceAll(/\D/g, '').length
      return digits >= 9 && digits <= 15 && (/[ ()-]/.test(whole) || !/(?:^|\n)$/.test(before))
    },
  },
  iban: { expression: /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)/g, accepts: isIban },
  payment_card: { expression: /(?<![\w.-])[2-6]\d{3}(?:[ -]?\d{4,6}){2}(?:[ -]?\d{1,5})?(?![\w.-])/g, accepts: isCard },
}

function hostOf(url: string): string {
  const authority = url.slice(url.indexOf('://') + 3).split(/[/?#]/, 1)[0] ?? ''
  return authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '')
}

/** ISO 7064 modulo 97. */
function isIban(text: string): boolean {
  const plain = text.replaceAll(' ', '')
  if (plain.length < 15 || plain.length > 34) return false
  let rest = 0
  for (const char of plain.slice(4) + plain.slice(0, 4)) rest = Number(`${rest}${Number.parseInt(char, 36)}`) % 97
  return rest === 1
}

const CARD =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6(?:011|4[4-9]\d|5\d\d)\d{12})$/

/** Known issuers and lengths, and Luhn's check digit. */
function isCard(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '')
  if (!CARD.test(digits)) return false
  let sum = 0
  for (const [place, char] of Array.from(digits).toReversed().entries()) {
    const twice = Number(char) * (place % 2 === 0 ? 1 : 2)
    sum += twice > 9 ? twice - 9 : twice
  }
  return sum % 10 === 0
}

/** Finds personal data of the classes asked for, but what stands in `except`. */
export function findPersonal(text: string, classes: readonly PersonalClass[], except = ''): readonly Span[] {
  const spans: Span[] = []
  for (const kind of new Set(classes)) {
    const { expression, accepts } = PERSONAL[kind]
    for (const match of text.matchAll(expression)) {
      const before = text.slice(Math.max(0, match.index - 1), match.index)
      if (accepts !== undefined && !accepts(match[0], before)) continue
      if (except !== '' && except.includes(match[0])) continue
      spans.push({ start: match.index, end: match.index + match[0].length, kind })
    }
  }
  return spans
}

/** What the version of the redactor is made from. */
export const personalSources: readonly string[] = Object.values(PERSONAL).map(({ expression }) => expression.source)
