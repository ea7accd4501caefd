/** Seconds in each unit, largest first. */
export const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const

export type Unit = (typeof UNITS)[number][0]

export function secondsIn(unit: Unit): number {
  const found = UNITS.find(([name]) => name === unit)
  if (found === undefined) throw new RangeError(`unknown unit: ${unit}`)
  return found[1]
}
