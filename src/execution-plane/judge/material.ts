import { splitDiff, type Change, type DiffStat } from '#domain/change'
import type { Finding, Verdict } from '#domain/gate'
import type { RiskReading } from '#domain/risk'
import type { Reproduction } from '#domain/run'
import type { Task } from '#domain/task'
import type { TestDelta, VerificationReport } from '#domain/verification'
import { createWrapper, summariseReport, type Sign } from '#execution-plane/context'
import { excerptsOf } from './excerpts.ts'

/** What a judgement rests on. */
export interface JudgedChange {
  readonly task: Task
  readonly change: Change
  readonly stat: DiffStat
  readonly before: VerificationReport
  readonly after: VerificationReport
  readonly delta: TestDelta
  /** What the gates said so far. */
  readonly verdicts: readonly Verdict[]
  /** The platform's last reading; absent where none was made. */
  readonly risk?: RiskReading | undefined
  /** Whether the fault was shown on the base commit; absent where nobody tried. */
  readonly reproduction?: Reproduction | undefined
  /** What the agent says it did: shown, never evidence. */
  readonly summary: string
}

/** What is shown beside the change where a failed one is looked at again; data, and no evidence. */
export interface Aside {
  readonly id: string
  /** Words of the platform alone: they stand outside the delimiters. */
  readonly title: string
  readonly body: string
}

/** The judge's message, the ids it may cite, and the path behind each file id. */
export interface Material {
  readonly text: string
  readonly evidence: readonly string[]
  readonly files: { readonly [id: string]: string }
}

interface Section {
  readonly id: string
  /** Words of the platform alone: they stand outside the delimiters. */
  readonly title: string
  /** What the body is of, in whoever's words; absent: as the title. */
  readonly source?: string
  readonly body: string
}

const MOST_FILES = 60

/**
 * Writes out what the judge sees: each section is data between keyed delimiters, its id is what may be cited. The order
 * is canonical: the same change, told in any order of files, gates, findings and tests, gives the same text.
 */
export function materialOf(
  judged: JudgedChange,
  sign: Sign,
  { diff_characters, asides = [] }: { readonly diff_characters: number; readonly asides?: readonly Aside[] },
): Material {
  const wrap = createWrapper(sign)
  const files = fileSections(judged, diff_characters)
  const cited: readonly Section[] = [
    ...contractSections(judged.task),
    ...readingSections(judged),
    ...gateSections(judged),
    ...verificationSections(judged),
    ...files.sections,
  ]
  const shown = cited.map(
    ({ id, title, source = title, body }) => `${id}: ${title}\n${wrap({ id, source, trust: 'tool_output' }, body)}`,
  )
  const beside = [
    { id: 'claims', title: 'What the engineer says (no evidence)', body: judged.summary.slice(0, 2_000) },
    ...asides,
  ].map(({ id, title, body }) => `${title}:\n${wrap({ id, source: id, trust: 'tool_output' }, body)}`)
  const evidence = cited.map(({ id }) => id)
  const text = [
    `${judged.stat.files} files changed, ${judged.stat.added} lines added, ${judged.stat.deleted} deleted.`,
    ...shown,
    ...beside,
    `Evidence you may cite: ${evidence.join(', ')}`,
  ].join('\n\n')
  return { text, evidence, files: files.paths }
}

function contractSections(task: Task): readonly Section[] {
  const { scope } = task
  const bounds = [
    `allowed paths: ${scope.allowed_paths.join(', ') || 'what the task needs'}`,
    `forbidden paths: ${scope.forbidden_paths.join(', ') || 'none named'}`,
    ...task.constraints.map((constraint) => `constraint: ${constraint}`),
  ]
  return [
    { id: 'TASK', title: 'the task', body: `${task.title}\n\n${task.objective.slice(0, 12_000)}` },
    { id: 'SCOPE', title: 'bounds of the contract', body: bounds.join('\n') },
    ...task.success_criteria.slice(0, 30).map((criterion, index) => ({
      id: `C${index + 1}`,
      title: criterion.origin === 'stated' ? 'criterion' : 'criterion, derived by the platform',
      body: criterion.text,
    })),
  ]
}

/** What the platform itself read off the task and the change before anybody judged. */
function readingSections({ risk, reproduction }: JudgedChange): readonly Section[] {
  const reasons = (risk?.reasons ?? []).map(({ reason, tier }) => `- ${tier}: ${reason}`)
  return [
    ...(risk === undefined
      ? []
      : [{ id: 'RISK', title: "the platform's reading of risk", body: [risk.tier, ...sorted(reasons)].join('\n') }]),
    ...(reproduction === undefined
      ? []
      : [
          {
            id: 'REPRO',
            title: 'whether the fault was shown on the base commit',
            body: `${reproduction.status}: ${reproduction.reason}`,
          },
        ]),
  ]
}

const gateSections = ({ verdicts }: JudgedChange): readonly Section[] =>
  verdicts
    .filter((verdict) => verdict.gate !== 'judge')
    .toSorted((one, other) => compare(one.gate, other.gate))
    .map((verdict) => ({
      id: `GATE-${verdict.gate}`,
      title: `check ${verdict.gate}: ${verdict.answer}`,
      body: [verdict.reason, ...sorted(verdict.findings.map(findingLine)).slice(0, 10)].join('\n'),
    }))

const findingLine = ({ severity, path, line, message }: Finding): string =>
  `- ${severity}: ${path === undefined ? '' : `${path}${line === undefined ? '' : `:${line}`}: `}${message}`

function verificationSections({ before, after, delta }: JudgedChange): readonly Section[] {
  const ids = (name: string, list: readonly string[]) =>
    list.length === 0
      ? []
      : [`${name}: ${sorted(list).slice(0, 15).join(', ')}${list.length > 15 ? ` and ${list.length - 15} more` : ''}`]
  const difference = [
    `passed before ${delta.passed_before}, after ${delta.passed_after}`,
    ...ids('fixed', delta.fixed),
    ...ids('broken', delta.broken),
    ...ids('added', delta.added),
    ...ids('removed', delta.removed),
    ...ids('newly skipped', delta.newly_skipped),
    ...ids('failing before and after', delta.pre_existing),
  ]
  return [
    { id: 'V-before', title: 'verification of the base commit', body: summariseReport(inOrder(before)) },
    { id: 'V-after', title: 'verification of the proposed tree', body: summariseReport(inOrder(after)) },
    { id: 'V-tests', title: 'tests before and after, by id', body: difference.join('\n') },
  ]
}

/** Runners that work side by side tell tests in any order. */
const inOrder = (report: VerificationReport): VerificationReport => ({
  ...report,
  phases: report.phases.map((phase) => ({
    ...phase,
    tests: phase.tests.toSorted((one, other) => compare(one.id, other.id)),
  })),
})

function fileSections({ change }: JudgedChange, characters: number) {
  const inPathOrder = (one: { readonly path: string }, other: { readonly path: string }) =>
    compare(one.path, other.path)
  const all = change.files.toSorted(inPathOrder)
  const excerpts = excerptsOf(splitDiff(change.patch).toSorted(inPathOrder), characters)
  const byPath = new Map(excerpts.map((excerpt) => [excerpt.path, excerpt]))
  const paths: Record<string, string> = {}
  const sections = all.slice(0, MOST_FILES).map((file, index): Section => {
    const id = `F${index + 1}`
    paths[id] = file.path
    const excerpt = byPath.get(file.path)
    const left = excerpt?.lines_left_out ?? 0
    const note = left > 0 ? `\n[${left} more lines of this file's diff are not shown]` : ''
    const counts = file.added_lines === null ? 'binary' : `+${file.added_lines} -${file.deleted_lines ?? 0}`
    const source = `${file.kind} ${file.path} (${counts})`
    return { id, title: 'changed file', source, body: `${excerpt?.text ?? '[no text diff]'}${note}` }
  })
  const more = all.slice(MOST_FILES)
  const body = more.slice(0, 200).map(({ path }) => path)
  const rest = { id: 'F-rest', title: `${more.length} more changed files, not shown`, body: body.join('\n') }
  return { sections: more.length > 0 ? [...sections, rest] : sections, paths }
}

const sorted = (texts: readonly string[]): readonly string[] => texts.toSorted(compare)

/** By code units, as no locale decides what a judge sees. */
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
