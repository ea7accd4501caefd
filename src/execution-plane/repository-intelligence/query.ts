import type { Task } from '#domain/task'

/** What is searched for: weighted terms, whole identifiers, and the paths that the task names. */
export interface Query {
  readonly terms: ReadonlyMap<string, number>
  /** Identifiers as written, for matching definitions. */
  readonly identifiers: ReadonlySet<string>
  /** Path-like words, slashes kept. */
  readonly paths: readonly string[]
  readonly about_tests: boolean
}

const STOP = new Set(
  'a an and are as at be been but by can could do does doing done for from get gets getting given go has have having how i if in into is it its just like make may more most must need needs no not now of on one only or other our out over own please same see set should so some such than that the their them then there these they this those to too under up use used uses using very want was way we were what when where which while who why will with would you your also after all any because before being both each few further here me my off once again against above below between during through until error errors issue bug problem expected actual behavior behaviour happens instead currently following version code file files line lines work works working example steps reproduce result results return returns fix fixes fixed add added adding change changes changed new old true false none null'.split(
    ' ',
  ),
)
const IDENTIFIER = /[\p{L}_$][\p{L}\p{N}_$]*/gu
const COMPOUND = /[a-z0-9][A-Z]|_|[A-Z]{2,}[a-z]/
const LONGEST_TASK = 40_000

/** Makes a query of a task's words. Identifiers in code count double, the title counts twice. */
export function queryOf(task: Pick<Task, 'title' | 'objective' | 'success_criteria'>): Query {
  const terms = new Map<string, number>()
  const identifiers = new Set<string>()
  const criteria = task.success_criteria.map(({ text }) => text).join('\n')
  const whole = `${task.title}\n${task.objective}\n${criteria}`.slice(0, LONGEST_TASK)
  const add = (text: string, weight: number) => {
    for (const [word] of text.matchAll(IDENTIFIER)) {
      if (COMPOUND.test(word)) identifiers.add(word)
      for (const term of termsOf(word)) terms.set(term, (terms.get(term) ?? 0) + weight)
    }
  }
  add(task.title.slice(0, 2_000), 2)
  add(whole, 1)
  for (const [span] of whole.matchAll(/`[^`\n]{1,200}`/g)) {
    add(span, 1)
    for (const [word] of span.matchAll(IDENTIFIER)) if (word.length > 2) identifiers.add(word)
  }
  const damped = new Map([...terms].map(([term, count]) => [term, 1 + Math.log(count)]))
  const paths = [...whole.matchAll(/[\w@.-]+(?:\/[\w@.-]+)*\.[a-z]\w{0,9}\b/gi)].map(([path]) =>
    path.replace(/^\.+\/?/, ''),
  )
  return {
    terms: damped,
    identifiers,
    paths: [...new Set(paths)].slice(0, 50),
    about_tests: /\btests?\b/i.test(task.title),
  }
}

/** The terms an identifier stands for: its parts and, where it has several, the whole; lower case, plural dropped. */
export function termsOf(identifier: string): readonly string[] {
  const parts = identifier
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[\s_$]+/)
    .map(stem)
    .filter((part) => part.length > 1 && !STOP.has(part))
  const whole = identifier.toLowerCase()
  return parts.length > 1 ? [...parts, whole] : parts
}

function stem(word: string): string {
  const lower = word.toLowerCase()
  return lower.length > 3 && lower.endsWith('s') && !lower.endsWith('ss') ? lower.slice(0, -1) : lower
}
