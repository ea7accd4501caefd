/** After so many files others of this process get their turn: some 10 ms of work. */
const AT_ONCE = 250

/** Lets whatever else waits in this process go first. */
export const giveWay = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Works through a list without keeping the process from anything else for long. */
export async function inTurns<Item>(items: readonly Item[], work: (item: Item) => void): Promise<void> {
  for (const [at, item] of items.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await giveWay()
    work(item)
  }
}
