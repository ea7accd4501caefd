import picomatch from 'picomatch'
import type { PlanStep } from '#domain/plan'
import type { TaskScope } from '#domain/task'

const READING =
  /^(inspect|read|look|review|check|confirm|verify|list|find|locate|search|understand|analy[sz]e|reproduce|run|execute|test|compare|measure)\b/i
const PATH_LIKE = /^[\w.@()[\]*+~-]+(\/[\w.@()[\]*+~-]+)*$/u

/** Whether a step writes, by its first verb: a service to the agent, since policy decides each write again. */
export const writes = (step: PlanStep): boolean => !READING.test(step.action.trim())

/** What looks like a path in a target: it has a slash or a file ending; words and commands do not. */
export function pathsIn(target: string): readonly string[] {
  const words = target.split(/[\s,;`'"]+/).map((word) => word.replace(/^\.\//, '').replace(/[.:)]+$/, ''))
  return words.filter((word) => PATH_LIKE.test(word) && (word.includes('/') || /^[^.]+\.[a-z]\w{0,9}$/i.test(word)))
}

/** Globs as one question about a path; no globs match nothing. */
export function matcher(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false
  const match = picomatch([...globs], { dot: true, nocase: true })
  return (path) => match(path) || match(`${path}/x`)
}

/** Why the contract keeps a path as it is; undefined where it opens it. */
export function closedBy(
  scope: TaskScope,
): (path: string) => 'forbidden_paths' | 'allowed_paths' | 'sandbox' | undefined {
  const { allowed_paths, forbidden_paths, writable_paths = [], read_only_paths = [], agreed_paths = [] } = scope
  const forbidden = matcher(forbidden_paths)
  const allowed = allowed_paths.length === 0 ? () => true : matcher(allowed_paths)
  const writable = writable_paths.map(matcher)
  const kept = matcher(read_only_paths)
  const agreed = new Set(agreed_paths)
  return (path) => {
    if (forbidden(path)) return 'forbidden_paths'
    if (!allowed(path)) return 'allowed_paths'
    if (agreed.has(path)) return undefined
    return kept(path) || writable.some((covers) => !covers(path)) ? 'sandbox' : undefined
  }
}
