/** So long one worker through a list keeps the process before others get their turn. It decides nothing of a result. */
const TURN_MS = 8
/** The clock is looked at after so many items. */
const LOOK_AFTER = 16

/** Lets whatever else waits in this process go first. */
const giveWay = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/** Works through a list without keeping the process from anything else for long. */
export async function inTurns<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let since = performance.now()
  let done = 0
  for (const item of items) {
    work(item)
    done += 1
    if (done % LOOK_AFTER !== 0 || performance.now() - since < TURN_MS) continue
    await giveWay()
    since = performance.now()
  }
}

/** The items of a list that fit, told in turns. */
export async function filteredInTurns<Item>(
  items: readonly Item[],
  fits: (item: Item) => boolean,
): Promise<readonly Item[]> {
  const found: Item[] = []
  await inTurns(items, (item) => {
    if (fits(item)) found.push(item)
  })
  return found
}
