import type { Change, DiffStat } from '#domain/change'
import type { Verdict } from '#domain/gate'
import type { Task } from '#domain/task'
import type { TestDelta, VerificationReport } from '#domain/verification'
import { createWrapper, summariseReport, type Sign } from '#execution-plane/context'
import { excerptsOf, splitDiff } from './excerpts.ts'

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
  /** What the agent says it did: shown, never evidence. */
  readonly summary: string
}

/** The judge's message, the ids it may cite, and the path behind each file id. */
export interface Material {
  readonly text: string
  readonly evidence: readonly string[]
  readonly files: { readonly [id: string]: string }
}

interface Section {
  readonly id: string
  readonly title: string
  readonly body: string
}

const MOST_FILES = 60

/** Writes out what the judge sees: each section is data between keyed delimiters, its id is what may be cited. */
export function materialOf(judged: JudgedChange, sign: Sign, diff_characters: number): Material {
  const wrap = createWrapper(sign)
  const files = fileSections(judged, diff_characters)
  const cited = [
    ...contractSections(judged.task),
    ...gateSections(judged),
    ...verificationSections(judged),
    ...files.sections,
  ]
  const claims = wrap({ id: 'claims', source: 'engineer', trust: 'tool_output' }, judged.summary.slice(0, 2_000))
  const shown = cited.map(
    ({ id, title, body }) => `${id}: ${title}\n${wrap({ id, source: title, trust: 'tool_output' }, body)}`,
  )
  const evidence = cited.map(({ id }) => id)
  const text = [
    `${judged.stat.files} files changed, ${judged.stat.added} lines added, ${judged.stat.deleted} deleted.`,
    ...shown,
    `What the engineer says (no evidence):\n${claims}`,
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

const gateSections = ({ verdicts }: JudgedChange): readonly Section[] =>
  verdicts
    .filter((verdict) => verdict.gate !== 'judge')
    .map((verdict) => ({
      id: `GATE-${verdict.gate}`,
      title: `check ${verdict.gate}: ${verdict.answer}`,
      body: [verdict.reason, ...verdict.findings.slice(0, 10).map((finding) => `- ${finding.message}`)].join('\n'),
    }))

function verificationSections({ before, after, delta }: JudgedChange): readonly Section[] {
  const ids = (name: string, list: readonly string[]) =>
    list.length === 0
      ? []
      : [`${name}: ${list.slice(0, 15).join(', ')}${list.length > 15 ? ` and ${list.length - 15} more` : ''}`]
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
    { id: 'V-before', title: 'verification of the base commit', body: summariseReport(before) },
    { id: 'V-after', title: 'verification of the proposed tree', body: summariseReport(after) },
    { id: 'V-tests', title: 'tests before and after, by id', body: difference.join('\n') },
  ]
}

function fileSections({ change }: JudgedChange, characters: number) {
  const excerpts = excerptsOf(splitDiff(change.patch), characters)
  const byPath = new Map(excerpts.map((excerpt) => [excerpt.path, excerpt]))
  const paths: Record<string, string> = {}
  const sections = change.files.slice(0, MOST_FILES).map((file, index): Section => {
    const id = `F${index + 1}`
    paths[id] = file.path
    const excerpt = byPath.get(file.path)
    const left = excerpt?.lines_left_out ?? 0
    const note = left > 0 ? `\n[${left} more lines of this file's diff are not shown]` : ''
    const counts = file.added_lines === null ? 'binary' : `+${file.added_lines} -${file.deleted_lines ?? 0}`
    return { id, title: `${file.kind} ${file.path} (${counts})`, body: `${excerpt?.text ?? '[no text diff]'}${note}` }
  })
  const more = change.files.length - sections.length
  const rest: readonly Section[] =
    more > 0
      ? [
          {
            id: 'F-rest',
            title: `${more} more changed files, not shown`,
            body: change.files
              .slice(MOST_FILES, MOST_FILES + 200)
              .map(({ path }) => path)
              .join('\n'),
          },
        ]
      : []
  return { sections: [...sections, ...rest], paths }
}
