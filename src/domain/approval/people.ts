/** Accounts that belong to one person, by that person's name. */
export interface PersonLinks {
  readonly [person: string]: readonly string[]
}

/** Tells who stands behind names. */
export interface People {
  /** The person of any of these names, which all belong to whoever answers; the smallest name where none is linked. */
  personOf(...names: readonly string[]): string
  /** True where both names are one person's. */
  isSame(one: string, other: string): boolean
  /** True where a rule or a sign-in says whose name it is. */
  isLinked(name: string): boolean
}

/** Names that look alike are one name: case, width, spaces and invisible characters don't tell people apart. */
export const plainName = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cf}]/gu, '')
    .toLowerCase()

/** Knows which accounts are one person's. Links that share an account are one person. */
export function createPeople(links: PersonLinks): People {
  const groups: Set<string>[] = []
  for (const [person, accounts] of Object.entries(links)) {
    const names = new Set([person, ...accounts].map(plainName))
    for (const group of groups.filter((known) => [...known].some((name) => names.has(name)))) {
      for (const name of group) names.add(name)
      groups.splice(groups.indexOf(group), 1)
    }
    groups.push(names)
  }
  const key = (names: readonly string[]) => [...names].sort()[0] ?? ''
  const personOf = (...names: readonly string[]): string => {
    const plain = names.map(plainName)
    const linked = groups.filter((group) => plain.some((name) => group.has(name)))
    return key(linked.length === 0 ? plain : linked.flatMap((group) => [...group]))
  }
  return {
    personOf,
    isSame: (one, other) => personOf(one) === personOf(other),
    isLinked: (name) => groups.some((group) => group.has(plainName(name))),
  }
}
