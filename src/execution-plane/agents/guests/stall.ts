import type { Clock } from '#ports'

/** How often a silent guest is looked at, as a share of the time it may be silent. */
const LOOKS = 4

interface StallWatch {
  readonly clock: Clock
  /** Milliseconds a guest may neither say anything nor ask its model or a tool of its run. */
  readonly limit_ms: number
  /** How often it has asked its model so far. */
  readonly asked: () => Promise<number>
  /** Whether it waits for a tool of its run. */
  readonly isServed: () => boolean
  /** Called once, when it has been silent for too long. */
  readonly stop: () => void
}

/** Notices a guest that does nothing any more. */
export function watchForStall({ clock, limit_ms, asked, isServed, stop }: StallWatch): {
  /** The same output; every piece of it is a sign of life. */
  heard(output: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  stalled(): boolean
  end(): void
} {
  const over = new AbortController()
  let alive_at = clock.now()
  let known = 0
  let is_stalled = false
  const look = async (): Promise<void> => {
    if (isServed()) alive_at = clock.now()
    if (clock.now() - alive_at < limit_ms / 2) return
    // A gateway that cannot be asked now says nothing about the guest.
    const count = await asked().catch(() => known + 1)
    if (count > known) alive_at = clock.now()
    known = count
    if (clock.now() - alive_at < limit_ms || over.signal.aborted) return
    is_stalled = true
    over.abort()
    stop()
  }
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(limit_ms / LOOKS, over.signal)
      await look()
    }
  }
  watch().catch(() => undefined)
  return {
    heard: async function* (output) {
      for await (const piece of output) {
        alive_at = clock.now()
        yield piece
      }
    },
    stalled: () => is_stalled,
    end: () => over.abort(),
  }
}
