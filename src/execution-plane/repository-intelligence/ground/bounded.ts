import type { Bounded } from '#ports'

/** The beginning of a list, and how much of it was left out. */
export const bounded = <Entry>(all: readonly Entry[], most: number): Bounded<Entry> => ({
  entries: all.slice(0, most),
  more: Math.max(0, all.length - most),
})

/** Keys by their number, greatest first; equal ones in the order of their text. */
export const mostFirst = <Key extends string>(counts: ReadonlyMap<Key, number>): readonly (readonly [Key, number])[] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))

/** Counts one more under a key. */
export const count = <Key>(counts: Map<Key, number>, key: Key, by = 1): void =>
  void counts.set(key, (counts.get(key) ?? 0) + by)

/** Puts a value into the list of a key. */
export function push<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
