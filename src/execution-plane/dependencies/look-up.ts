import type { PackageFacts } from '#ports'
import { keyOf, type DependencyChange } from './compare-dependencies.ts'
import type { Dependency } from './dependency.ts'
import type { LookedUp } from './judge-facts.ts'
import { lowestVersion } from './versions/compare-versions.ts'

/** Packages that one change may make the registries be asked about; a change with more is a person's to look at. */
const MOST_LOOKUPS = 150
const AT_ONCE = 8
/** For all of them together. */
const LOOKUP_MS = 45_000

/** A package in the version that would be installed, as far as the change says. */
export interface Subject {
  readonly of: Dependency
  readonly version: string | null
  readonly is_known: boolean
}

/** The packages whose facts count: new ones, new majors, older ones, and what comes from a registry only now. */
export function subjectsOf(changes: readonly DependencyChange[]): readonly Subject[] {
  const fetched = changes.filter(({ after }) => after?.source === 'registry')
  const pinned = new Map<string, Dependency[]>()
  for (const { after } of fetched)
    if (after?.role === 'locked') pinned.set(keyOf(after), [...(pinned.get(keyOf(after)) ?? []), after])
  const subjects = new Map<string, Subject>()
  for (const { kind, after, before } of fetched) {
    if (after === undefined || kind === 'reworded') continue
    const versions =
      after.role === 'direct' ? (pinned.get(keyOf(after)) ?? []).map(({ wanted }) => wanted) : [after.wanted]
    for (const wanted of versions.length === 0 ? [lowestVersion(after.wanted) ?? ''] : versions) {
      const key = `${keyOf(after)} ${wanted}`
      // A manifest's entry comes first and is what people are shown.
      if (!subjects.has(key))
        subjects.set(key, { of: after, version: wanted === '' ? null : wanted, is_known: before !== undefined })
    }
  }
  return [...subjects.values()]
}

/** True where a change is new enough for the registries to be asked; a small raise of what was there is not. */
export const isLookedUp = (kind: DependencyChange['kind']): boolean =>
  kind === 'added' || kind === 'major' || kind === 'downgraded' || kind === 'source_changed'

/** Asks the registries about each, so many at once and so long in all; what is left over is unavailable, never fine. */
export async function lookUp(
  subjects: readonly Subject[],
  facts: PackageFacts,
  signal: AbortSignal,
): Promise<readonly LookedUp[]> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(LOOKUP_MS)])
  const found: LookedUp[] = []
  let next = 0
  const hand = async () => {
    for (let at = next++; at < subjects.length; at = next++) {
      const subject = subjects[at]
      if (subject !== undefined) found[at] = { ...subject, answer: await answerOf(subject, { at, facts, until }) }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, hand))
  return found
}

async function answerOf(
  { of, version }: Subject,
  { at, facts, until }: { readonly at: number; readonly facts: PackageFacts; readonly until: AbortSignal },
): Promise<LookedUp['answer']> {
  if (at >= MOST_LOOKUPS) return { answer: 'unavailable', reason: `more than ${MOST_LOOKUPS} packages are new` }
  if (until.aborted) return { answer: 'unavailable', reason: 'the registries took too long' }
  return facts.look({ tool: of.tool, name: of.name, version }, until)
}
