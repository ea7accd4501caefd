import { readDocument, shownProblems } from '#documents'
import { ROLES, type Role } from '#domain/identity'
import { ok, refuse, type Result } from '#domain/result'
import type { ApprovalKind } from '#domain/risk'
import * as z from 'zod'

/** Who may give one kind of approval, and how it is given. */
export interface MatrixEntry {
  readonly kind: ApprovalKind
  readonly people: readonly string[]
  readonly roles: readonly Role[]
  readonly codeowners: boolean
  readonly quorum: number
  readonly valid_minutes: number
  readonly four_eyes: boolean
}

/** The rules of an installation about approvals. Without the file each field has the value that `NO_RULES` shows. */
export interface ApprovalsFile {
  readonly another_person: boolean
  readonly shared_account: boolean
  readonly people: Readonly<Record<string, readonly string[]>>
  readonly teams: Readonly<Record<string, readonly string[]>>
  readonly matrix: readonly MatrixEntry[]
  /** Minutes for which each kind of question may be answered, and its yes used; an entry of the matrix may say less. */
  readonly expires: {
    readonly egress: number
    readonly leave: number
    readonly publication: number
    readonly checkpoint: number
  }
  readonly require: readonly {
    readonly paths: readonly string[]
    readonly classes: readonly string[]
    readonly kinds: readonly ApprovalKind[]
  }[]
  readonly limits: {
    readonly per_approver_hour: number
    readonly per_approver_day: number
    readonly per_run: number
    readonly cooldown_minutes: number
    readonly cooldown: 'escalate' | 'refuse'
  }
}

const KINDS = [
  'reviewer',
  'code_owner',
  'domain_owner',
  'security_owner',
  'release_owner',
  'incident_commander',
] as const satisfies readonly ApprovalKind[]

const name = z.string().trim().min(1).max(300)
const names = z.array(name).max(200)
const count = (what: string, value: number) => z.int().min(0).max(100_000).default(value).describe(what)

const DURATION = /^(\d{1,5})(m|h|d)$/
const DAY_MINUTES = 24 * 60
const UNIT_MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60 }
/** A request nobody answers is forgotten after a month at the latest. */
const LONGEST_MINUTES = 31 * 24 * 60

const duration = z
  .string()
  .refine((text) => minutesOf(text) >= 1 && minutesOf(text) <= LONGEST_MINUTES, {
    message: 'must be a time such as 30m, 8h or 2d, at most 31d',
  })
  .transform(minutesOf)

function minutesOf(text: string): number {
  const [, figure = '0', unit = ''] = DURATION.exec(text) ?? []
  return Number(figure) * (UNIT_MINUTES[unit] ?? 0)
}

const entry = z.strictObject({
  kind: z.enum(KINDS),
  people: names.default([]).describe('Who may give it. Absent: nobody by name.'),
  roles: z.array(z.enum(ROLES)).default([]).describe('Roles whose holders may give it. Absent: none.'),
  codeowners: z
    .boolean()
    .default(false)
    .describe('True: owners of the changed paths by CODEOWNERS of the base commit.'),
  quorum: z.int().min(1).max(20).default(1).describe('How many different people. Absent: 1.'),
  expires: duration.optional().describe('How long it may be given, and then used. Absent: as its question.'),
  four_eyes: z.boolean().default(true).describe('False: the requester may give it, and the record says so.'),
})

const schema = z.strictObject({
  another_person: z
    .boolean()
    .default(false)
    .describe('True: the requester of a run may not approve what it asks for. Absent: false.'),
  shared_account: z
    .boolean()
    .default(false)
    .describe('True: several people answer from one account of this machine and say who they are. Absent: false.'),
  people: z.record(name, names).default({}).describe('Accounts and addresses that belong to one person.'),
  teams: z.record(name, names).default({}).describe('Who a team in CODEOWNERS is, such as acme/security.'),
  matrix: z.array(entry).max(20).default([]).describe('Who may give which kind. Absent: no kind is resolved.'),
  expires: z
    .strictObject({
      egress: duration.default(DAY_MINUTES).describe('A host that a setup asks for. Absent: 24h.'),
      leave: duration.default(DAY_MINUTES).describe('What an agent asks to do with its own hands. Absent: 24h.'),
      publication: duration.default(DAY_MINUTES).describe('A change that leaves the platform. Absent: 24h.'),
      checkpoint: duration
        .default(DAY_MINUTES)
        .describe('Whether to go on, where its profile says no time. Absent: 24h.'),
    })
    .prefault({})
    .describe('How long each kind of question may be answered. Then its run stops, for a person.'),
  require: z
    .array(
      z.strictObject({
        paths: names.default([]).describe('Globs of changed paths. Absent: any path.'),
        classes: names.default([]).describe('Task classes (capabilities). Absent: any class.'),
        kinds: z.array(z.enum(KINDS)).min(1).max(6),
      }),
    )
    .max(200)
    .default([])
    .describe('Which changes need which kinds before they are published. Absent: none.'),
  limits: z
    .strictObject({
      per_approver_hour: count('Most yeses of one person in an hour; 0: none count.', 30),
      per_approver_day: count('Most yeses of one person in a day; 0: none count.', 200),
      per_run: count('Most approvals one run may ask for; 0: none.', 10),
      cooldown: z.enum(['escalate', 'refuse']).default('escalate'),
      cooldown_minutes: count('How long a no is remembered against nearly the same question.', 60),
    })
    .prefault({}),
})

const NO_RULES: ApprovalsFile = fileOf(schema.parse({}))

/** Reads the YAML of approvals.yaml; undefined is an installation without that file. */
export function readApprovalRules(
  source: string | undefined,
): Result<ApprovalsFile, { readonly code: 'approval_rules_invalid'; readonly message: string }> {
  if (source === undefined) return ok(NO_RULES)
  const read = readDocument(source, schema)
  if (!read.ok) return invalid(shownProblems(read.refusal))
  const kinds = read.value.matrix.map(({ kind }) => kind)
  const twice = kinds.find((kind, at) => kinds.indexOf(kind) !== at)
  if (twice !== undefined) return invalid(`matrix names ${twice} twice`)
  const unnamed = read.value.require.flatMap((rule) => rule.kinds).find((kind) => !kinds.includes(kind))
  if (unnamed !== undefined) return invalid(`require names ${unnamed}, and matrix does not say who may give it`)
  const nobody = read.value.matrix.find(
    ({ people, roles, codeowners }) => people.length + roles.length === 0 && !codeowners,
  )
  if (nobody !== undefined) return invalid(`matrix.${nobody.kind} names nobody: give people, roles or codeowners`)
  return ok(fileOf(read.value))
}

function fileOf(read: z.output<typeof schema>): ApprovalsFile {
  const matrix = read.matrix.map(({ expires, ...rest }) => ({ ...rest, valid_minutes: expires ?? LONGEST_MINUTES }))
  return { ...read, matrix }
}

const invalid = (problem: string) =>
  refuse({ code: 'approval_rules_invalid', message: `approvals.yaml: ${problem}` } as const)
