import { diffStat } from '#domain/change'
import type { BoundaryCheck, Finding, GateName, Verdict } from '#domain/gate'
import { addedLines } from './changed-file.ts'
import type { ReadChange } from './change-check.ts'
import { isGeneratedPath } from './generated-files.ts'

const MOST_FINDINGS = 20

/** One check of the report: the rules that are its own, and what it looked at. */
interface Named {
  readonly check: string
  readonly gate: GateName
  readonly rules: RegExp
  /** How many things, and the sentence that says so. */
  readonly looked: (counts: Counts) => readonly [number, string]
}

interface Counts {
  readonly files: number
  readonly lines: number
  readonly added: number
  readonly kept: number
  readonly paths: number
  readonly names: number
  readonly special: number
  readonly generated: number
  readonly max_files: number
  readonly max_lines: number
}

const files = (count: number, what = 'changed'): string => `${count} ${what} ${count === 1 ? 'file' : 'files'}`

/** In the order of the report. A rule belongs to the first check that knows it. */
const CHECKS: readonly Named[] = [
  {
    check: 'size',
    gate: 'boundary',
    rules: /^task\.max_/,
    looked: ({ files: count, lines, max_files, max_lines }) => [
      count,
      `${count} of at most ${max_files} files and ${lines} of at most ${max_lines} lines`,
    ],
  },
  {
    check: 'scope',
    gate: 'boundary',
    rules: /^(?!constraint\.)/,
    looked: ({ files: count }) => [count, `${files(count)} compared with the paths of the task and the policy`],
  },
  {
    check: 'lockfile_integrity',
    gate: 'protected_files',
    rules: /^lockfile\./,
    looked: ({ files: count }) => [count, `hashes, addresses and sources of lockfiles among ${files(count)}`],
  },
  {
    check: 'ci_and_ownership',
    gate: 'protected_files',
    rules: /./,
    looked: ({ files: count }) => [count, `${files(count)} compared with CI, ownership, agent and manifest paths`],
  },
  {
    check: 'secrets_delta',
    gate: 'secrets',
    rules: /./,
    looked: ({ added, kept }) => [
      added,
      `${added} added lines scanned${kept === 0 ? '' : `; ${kept} that were there before are not this change's doing`}`,
    ],
  },
  {
    check: 'generated_files',
    gate: 'special_files',
    rules: /^file\.(?:generated|stale)/,
    looked: ({ generated, files: count }) => [count, `${generated} generated among ${files(count)}`],
  },
  {
    check: 'large_files',
    gate: 'special_files',
    rules: /^file\.(?:too_large|binary|minified|vendored|lfs)/,
    looked: ({ files: count }) => [count, `size, lines and kind of ${files(count)}`],
  },
  {
    check: 'invisible_characters',
    gate: 'special_files',
    rules: /^file\.(?:invisible|look_alike)/,
    looked: ({ added }) => [added, `${added} added lines read for hidden, reordering and look-alike characters`],
  },
  {
    check: 'name_twins',
    gate: 'special_files',
    rules: /^file\.name_/,
    looked: ({ names, paths }) => [names, `${names} new names compared with ${paths} paths in every case and form`],
  },
  {
    check: 'links_and_modes',
    gate: 'special_files',
    rules: /./,
    looked: ({ special, files: count }) => [count, `${special} links, submodules or new modes among ${files(count)}`],
  },
  {
    check: 'test_integrity',
    gate: 'test_integrity',
    rules: /./,
    looked: ({ files: count }) => [count, `tests, assertions, runner settings and thresholds among ${files(count)}`],
  },
]

/** Each check of the gates over a change by name, with what it looked at, also where it found nothing. */
export function namedChecks(read: ReadChange, verdicts: readonly Verdict[]): readonly BoundaryCheck[] {
  const counts = countsOf(read, verdicts)
  const left = new Map(verdicts.map(({ gate, findings }) => [gate, [...findings]]))
  return CHECKS.map(({ check, gate, rules, looked }) => {
    const all = left.get(gate) ?? []
    const own = all.filter(({ rule }) => rules.test(rule))
    left.set(
      gate,
      all.filter((finding) => !own.includes(finding)),
    )
    const [looked_at, said] = looked(counts)
    return {
      check,
      gate,
      answer: answerOf(own),
      looked_at,
      said,
      findings: own.slice(0, MOST_FINDINGS),
      found: own.length,
    }
  })
}

/** What findings of a check come to. */
export const answerOf = (findings: readonly Finding[]): BoundaryCheck['answer'] =>
  findings.some(({ severity }) => severity === 'error') ? 'violated' : findings.length > 0 ? 'noted' : 'clean'

function countsOf({ files: changed, paths, change, task }: ReadChange, verdicts: readonly Verdict[]): Counts {
  const stat = diffStat(change.files)
  const isSpecial = ({ new_mode, old_mode }: ReadChange['change']['files'][number]) =>
    new_mode !== null && (new_mode !== '100644' || (old_mode !== null && old_mode !== new_mode))
  const secrets = verdicts.find(({ gate }) => gate === 'secrets')?.findings ?? []
  return {
    files: stat.files,
    lines: stat.added + stat.deleted,
    added: changed.reduce((sum, file) => sum + addedLines(file).length, 0),
    kept: secrets.filter(({ rule }) => rule === 'secret.at_base').length,
    paths: paths.length,
    names: change.files.filter(({ kind }) => kind === 'added').length,
    special: change.files.filter(isSpecial).length,
    generated: change.files.filter(({ path }) => isGeneratedPath(path)).length,
    max_files: task.scope.max_changed_files,
    max_lines: task.scope.max_diff_lines,
  }
}
