import { nearNames } from '#domain/text'

/** The names most like the wanted one, nearest first; empty when none is near. */
export function closeNames(wanted: string, names: readonly string[], count = 3): readonly string[] {
  const folded = wanted.toLowerCase()
  const plain = names.map((name) => ({ name, folded: name.toLowerCase() }))
  const same = plain.filter((each) => each.folded.endsWith(`/${folded}`) || folded.endsWith(`/${each.folded}`))
  const near = nearNames(
    folded,
    plain.map((each) => each.folded),
    Math.max(2, Math.floor(wanted.length / 3)),
  ).flatMap((name) => plain.filter((each) => each.folded === name))
  return [...new Set([...same, ...near].map(({ name }) => name))].slice(0, count)
}
