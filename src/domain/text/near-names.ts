import { editDistance } from './edit-distance.ts'

const LONGEST = 100

/** The names that differ least from a wanted one, nearest first; a name of another length than `most` allows is not compared. */
export function nearNames(wanted: string, names: readonly string[], most: number): readonly string[] {
  return names
    .filter((name) => Math.abs(name.length - wanted.length) <= most)
    .map((name) => ({ name, distance: editDistance(wanted.slice(0, LONGEST), name.slice(0, LONGEST)) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance)
    .map(({ name }) => name)
}
