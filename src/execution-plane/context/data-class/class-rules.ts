import type { ContextDataClass } from '#domain/context'

/** A way to tell a text's class by where it stands. */
interface PathRule {
  readonly id: string
  readonly data_class: ContextDataClass
  readonly why: string
  readonly path: RegExp
}

/** Endings of files that hold rows, not code. */
const ROWS = String.raw`\.(?:csv|tsv|jsonl|ndjson|json|ya?ml|xml|sql|parquet|avro|xlsx?|txt|dump|bak|log)$`
const PEOPLE =
  'customers?|patients?|employees?|applicants?|policy[_-]?holders?|account[_-]?holders?|card[_-]?holders?|members?|subscribers?|students?|personal[_-]?data|pii|phi|gdpr[_-]?\\w*|medical[_-]?records?|payroll|salar(?:y|ies)|kyc'

/** By the path alone, case does not count; the first that fits decides. */
export const PATH_RULES: readonly PathRule[] = [
  {
    id: 'class.example_of_secrets',
    data_class: 'internal',
    why: 'an example names settings and holds no values',
    path: /(?:^|\/)\.env\.(?:example|sample|template|dist)$/i,
  },
  {
    id: 'class.secrets_file',
    data_class: 'secret',
    why: 'files of this name hold credentials',
    path: /(?:^|\/)(?:\.env(?:\.[^/]*)?|\.netrc|\.pypirc|\.htpasswd|\.pgpass|\.dockercfg|id_(?:rsa|dsa|ecdsa|ed25519)|credentials(?:\.json|\.ya?ml)?|secrets?\.(?:json|ya?ml|toml|ini|properties)|service[_-]?account[^/]*\.json|kubeconfig)$|(?:^|\/)\.(?:aws|ssh|gnupg|kube)\/|\.(?:pem|key|p12|pfx|jks|keystore|kdbx)$/i,
  },
  {
    id: 'class.rows_of_people',
    data_class: 'regulated',
    why: 'a file of rows that is named for people',
    path: new RegExp(String.raw`(?:^|[/_.-])(?:${PEOPLE})(?:[_.-][^/]*)?${ROWS}`, 'i'),
  },
  {
    id: 'class.dump',
    data_class: 'regulated',
    why: 'a copy of a data store',
    path: /(?:^|[/_.-])(?:dump|backup|export|prod(?:uction)?[_-]data)(?:[_.-][^/]*)?\.(?:sql|csv|tsv|jsonl|ndjson|dump|bak)$/i,
  },
  {
    id: 'class.log',
    data_class: 'generated_sensitive',
    why: 'logs hold whatever a program printed',
    path: /\.(?:log|out|har|hprof|core)$|(?:^|\/)logs?\/[^/]+\.txt$/i,
  },
  {
    id: 'class.plans',
    data_class: 'confidential',
    why: 'named as a plan or a report of a security matter',
    path: /(?:^|[/_.-])(?:roadmap|confidential|pen[_-]?test|threat[_-]?model|incident[s]?|post[_-]?mortem[s]?)(?:[/_.-]|$)/i,
  },
]

/** A way to tell rows of people by what stands in them. */
interface RowRule {
  readonly id: string
  readonly why: string
  /** True for a line that is a row about a person. */
  readonly isRow: (line: string) => boolean
  /** So many such lines make the text regulated. */
  readonly at_least: number
}

const EMAIL = /\b[\w.+-]{1,64}@(?!(?:[\w-]+\.)*(?:example|test|invalid|localhost)\b|example\.)[\w-]+(?:\.[\w-]+)+\b/i
const CARD = /(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w.-])/g
const PERSON_COLUMN =
  /\b(?:first_?name|last_?name|full_?name|surname|date_?of_?birth|birth_?date|dob|phone(?:_?number)?|street|post_?code|zip_?code|iban|diagnosis|passport|ssn|national_?id)\b/i
const NAME = /(?:^|[,;\t|"'\s:])\p{Lu}\p{Ll}{1,20}(?:[ ,;\t|"']+\p{Lu}[.\p{Ll}'-]{1,25}){1,2}(?=$|[,;\t|"'\s])/u

/** Rows as tables have them: fields between separators. */
const fieldsOf = (line: string): number => line.split(/[,;\t|]/).length

export const ROW_RULES: readonly RowRule[] = [
  {
    id: 'class.card_numbers',
    why: 'payment card numbers whose check digit is right',
    isRow: (line) => [...line.matchAll(CARD)].some(([number]) => isCard(number.replaceAll(/[ -]/g, ''))),
    at_least: 3,
  },
  {
    id: 'class.names_with_addresses',
    why: 'rows with a name and an e-mail address',
    isRow: (line) => fieldsOf(line) >= 3 && EMAIL.test(line) && NAME.test(line),
    at_least: 5,
  },
  {
    id: 'class.person_records',
    why: 'records with several facts about a person each',
    isRow: (line) => EMAIL.test(line) && PERSON_COLUMN.test(line),
    at_least: 5,
  },
]

/** Card numbers that providers publish for tests are of nobody. */
const TEST_CARDS =
  /^(?:4(?:1{15}|242(?:4242){3}|0{14}[0-9]|0{11}\d{4}|012888888881881|222222222222)|5(?:5{15}|105105105105100|2{2}\d{13})|555555555555\d{4}|3(?:78282246310005|71449635398431|0569309025904|8520000023237)|6011(?:111111111117|000990139424)|3530111333300000|3566002020360505)$/

function isCard(digits: string): boolean {
  if (digits.length < 13 || digits.length > 19 || !/^[3-6]/.test(digits) || TEST_CARDS.test(digits)) return false
  if (new Set(digits).size < 4) return false
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at])
    const doubled = at % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
