/** Makes a value at the first call and gives the same one afterwards; a failure is forgotten and tried again. */
export function once<Value>(make: () => Promise<Value>): { (): Promise<Value>; started(): boolean } {
  let made: Promise<Value> | undefined
  const get = (): Promise<Value> => {
    made ??= make().catch((error: unknown) => {
      made = undefined
      throw error
    })
    return made
  }
  return Object.assign(get, { started: () => made !== undefined })
}
