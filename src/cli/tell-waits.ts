import type { RunId } from '#domain/ids'
import type { Platform } from '#ports'
import type { CliEnvironment } from './environment.ts'
import type { LiveProgress } from './screen/live-progress.ts'
import { whyItWaits } from './why-it-waits.ts'

/** Between looks at what holds a queued run. */
const LOOK_MS = 2_000

/** Hears in which state a run is; while it is queued, what holds it is told. */
export interface WaitTeller {
  stands(state: string): void
  stop(): void
}

/** Says at once, and when it changes, why nobody takes a queued run; each reason once while it holds. */
export function tellWaits(
  run: RunId,
  environment: Pick<CliEnvironment, 'every'>,
  { platform, live }: { readonly platform: Platform; readonly live: LiveProgress },
): WaitTeller {
  const mind = { queued: false, looking: false, told: new Set<string>() }
  const look = async (): Promise<void> => {
    if (!mind.queued || mind.looking) return
    mind.looking = true
    const lines = await whyItWaits(platform, () => platform.view(run)).catch(() => [...mind.told])
    mind.looking = false
    if (!isQueued()) return
    for (const line of lines) if (!mind.told.has(line)) live.note(line)
    mind.told = new Set(lines)
  }
  const isQueued = (): boolean => mind.queued
  const stop = environment.every(LOOK_MS, () => void look())
  return {
    stands(state) {
      mind.queued = state === 'queued'
      void look()
    },
    stop() {
      mind.queued = false
      stop()
    },
  }
}
