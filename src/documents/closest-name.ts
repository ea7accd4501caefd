import { editDistance } from '#domain/text'

/** The name that differs least from a mistyped one, if it is near enough to be meant. */
export function closestName(typed: string, names: readonly string[]): string | undefined {
  const begun = names.filter((name) => name.startsWith(`${typed}_`))
  if (begun.length === 1) return begun[0]
  const ranked = names
    .map((name) => ({ name, distance: editDistance(typed, name) }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best !== undefined && best.distance <= Math.max(2, typed.length * 0.4) ? best.name : undefined
}
