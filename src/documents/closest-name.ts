import { nearNames } from '#domain/text'

/** The name that differs least from a mistyped one, if it is near enough to be meant. */
export function closestName(typed: string, names: readonly string[]): string | undefined {
  const begun = names.filter((name) => name.startsWith(`${typed}_`))
  if (begun.length === 1) return begun[0]
  return nearNames(typed, names, Math.max(2, typed.length * 0.4))[0]
}
