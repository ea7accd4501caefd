import type { Replays } from '#ports'
import { once } from './once.ts'
import type { ReplayGround } from './open-replays.ts'

/** The replays of one tenant; what they are made with is loaded when the first is asked for. */
export function replaysWhenAsked(ground: ReplayGround): Replays {
  const opened = once(async () => (await import('./open-replays.ts')).openReplays(ground))
  return {
    start: async (run, by, given) => (await opened()).start(run, by, given),
    report: async (replay) => (await opened()).report(replay),
    package: async (run) => (await opened()).package(run),
  }
}
