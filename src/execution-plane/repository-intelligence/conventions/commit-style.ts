import type { ConventionMap, PastCommit } from '#ports'
import { count, mostFirst } from '../ground/bounded.ts'

const MOST_COMMITS = 500
const MOST_TYPES = 10
const CONVENTIONAL = /^(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^)\n]{1,60}\))?!?: \S/
const SCOPED = /^\[?[\w./@*-]{1,40}(?:, ?[\w./@*-]{1,40}){0,3}\]?: \S/
const BEGINNING = /^(?:[\w./@*-]{1,40}(?:\([^)\n]{1,60}\))?!?: |\[[^\]\n]{1,40}\] )/
const REFERENCE = /(?:^|[\s(])(?:[\w./-]{1,80})?#\d{1,9}\b|\b[A-Z]{2,10}-\d{1,7}\b|\bgh-\d{1,9}\b/

/** How people write their commit messages; null where there is none to look at. */
export function commitStyle(past: readonly PastCommit[]): ConventionMap['commits'] {
  const messages = past.filter(({ bot }) => bot !== true).slice(0, MOST_COMMITS)
  if (messages.length === 0) return null
  const lines = messages.map(({ message }) => message.split('\n'))
  const subjects = lines.map(([subject = '']) => subject)
  const types = new Map<string, number>()
  for (const subject of subjects) {
    const type = CONVENTIONAL.exec(subject)?.[1]
    if (type !== undefined) count(types, type)
  }
  const lengths = subjects.map(({ length }) => length).sort((a, b) => a - b)
  const shareOf = (fits: (subject: string) => boolean): number => share(subjects.filter(fits).length, subjects.length)
  return {
    counted: subjects.length,
    conventional: shareOf((subject) => CONVENTIONAL.test(subject)),
    types: mostFirst(types)
      .slice(0, MOST_TYPES)
      .map(([type]) => type),
    scoped: shareOf((subject) => !CONVENTIONAL.test(subject) && SCOPED.test(subject)),
    capitalised: shareOf((subject) => /^\p{Lu}/u.test(subject.replace(BEGINNING, ''))),
    with_reference: shareOf((subject) => REFERENCE.test(subject)),
    median_subject_length: lengths[Math.floor(lengths.length / 2)] ?? 0,
    with_body: share(lines.filter((each) => each.slice(1).some((line) => line.trim() !== '')).length, lines.length),
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 100) / 100)
