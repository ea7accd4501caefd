import type { Clock } from '#ports'

/** Something that is done over and over. Doing it twice at once, from two processes, must do no harm. */
export interface Duty {
  readonly name: string
  readonly every_ms: number
  /** Gives the number of things that were mended. */
  perform(): Promise<number>
}

/** What a duty came to; a failure is told once until the duty succeeds again. */
type DutyNote =
  | { readonly kind: 'mended'; readonly duty: string; readonly count: number }
  | { readonly kind: 'failing'; readonly duty: string; readonly why: string }
  | { readonly kind: 'well_again'; readonly duty: string }

interface SchedulerParts {
  readonly clock: Clock
  readonly note: (note: DutyNote) => void
}

/** Performs duties side by side until the signal; each begins anew its pause after it has ended. */
export function createScheduler({ clock, note }: SchedulerParts) {
  const attend = async (duty: Duty, signal: AbortSignal): Promise<void> => {
    let failing = false
    while (!signal.aborted) {
      try {
        const count = await duty.perform()
        if (failing) note({ kind: 'well_again', duty: duty.name })
        failing = false
        if (count > 0) note({ kind: 'mended', duty: duty.name, count })
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        if (!failing) note({ kind: 'failing', duty: duty.name, why })
        failing = true
      }
      await clock.sleep(duty.every_ms, signal).catch(() => undefined)
    }
  }
  return {
    attend: async (duties: readonly Duty[], signal: AbortSignal): Promise<void> => {
      await Promise.all(duties.map((duty) => attend(duty, signal)))
    },
  }
}
