import { editDistance } from '#domain/text'

/** The names most like the wanted one, nearest first; empty when none is near. */
export function closeNames(wanted: string, names: readonly string[], count = 3): readonly string[] {
  const allowed = Math.max(2, Math.floor(wanted.length / 3))
  return names
    .map((name) => ({ name, distance: nearness(wanted.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= allowed)
    .sort((left, right) => left.distance - right.distance)
    .slice(0, count)
    .map(({ name }) => name)
}

function nearness(wanted: string, name: string): number {
  if (name.endsWith(`/${wanted}`) || wanted.endsWith(`/${name}`)) return 0
  if (Math.abs(wanted.length - name.length) > wanted.length) return Number.POSITIVE_INFINITY
  return editDistance(wanted.slice(0, 100), name.slice(0, 100))
}
