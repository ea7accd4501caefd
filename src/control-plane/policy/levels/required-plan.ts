import { foldPath, parsePath } from '#domain/path'
import type { AskedPlan } from '#domain/verification'
import { isLike, names, type CompiledLevel } from './compile-level.ts'

/** What is known of a change when levels are asked how far its verification must go. */
interface AboutChange {
  readonly repository: string
  readonly paths: readonly string[]
  readonly task_class: string
}

/**
 * What every level asks of the verification of a change, besides the rules of the platform. A rule counts where each of
 * the lists that it gives holds something of the change; a path nothing safe can be said about is one that every rule
 * speaks of. What several ask for is met by the strictest of each figure, so no level can take away from another.
 */
export function requiredPlan(levels: readonly CompiledLevel[], about: AboutChange): readonly AskedPlan[] {
  const folded = about.paths.map(foldedOrOdd)
  return levels.flatMap(({ document, verification }) =>
    verification
      .filter(({ paths, task_classes = [], repositories = [] }) => {
        const isOfPaths = folded.some((path) => path === undefined || paths.some((glob) => glob.covers(path)))
        return (
          (paths.length === 0 || isOfPaths) &&
          (task_classes.length === 0 || names({ names: task_classes }, about.task_class)) &&
          (repositories.length === 0 ||
            repositories.some((one) => isLike(one.toLowerCase(), about.repository.toLowerCase())))
        )
      })
      .map(({ rule, plan }) => ({ by: `the policy ${document.name} (${rule})`, terms: plan })),
  )
}

function foldedOrOdd(path: string): string | undefined {
  const parsed = parsePath(path)
  return parsed.ok ? foldPath(parsed.value)?.join('/') : undefined
}
