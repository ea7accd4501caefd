/** Time that passes only when nothing is left to do at the present moment. */
export interface VirtualClock {
  readonly now: () => number
  /** Does something after so many milliseconds; what is due at the same time happens in the order it was asked for. */
  after(ms: number, act: () => void): void
  /** Lets time pass until nothing is due, or until the given time. */
  run(until: number): void
}

interface Due {
  readonly at: number
  readonly act: () => void
}

/** Makes a clock at 0. A world has a few dozen things due at once, so a sorted list is all it takes. */
export function createVirtualClock(): VirtualClock {
  let now = 0
  const due: Due[] = []
  return {
    now: () => now,
    after(ms, act) {
      const at = now + Math.max(0, ms)
      let place = due.length
      while (place > 0 && (due[place - 1]?.at ?? 0) > at) place -= 1
      due.splice(place, 0, { at, act })
    },
    run(until) {
      for (let next = due.shift(); next !== undefined; next = due.shift()) {
        if (next.at > until) break
        now = next.at
        next.act()
      }
    },
  }
}
