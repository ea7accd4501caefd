import type { RunId } from '#domain/ids'
import type { Platform, RunView } from '#ports'
import type { CliEnvironment, Screen } from './environment.ts'
import { EXIT_CODES, exitCodeOf } from './exit-code.ts'
import { liveProgress, type LiveProgress } from './screen/live-progress.ts'
import { outcomeJson } from './screen/outcome-json.ts'
import { outcomeLines } from './screen/outcome.ts'
import { paintFor } from './screen/paint.ts'
import { tellWaits, type WaitTeller } from './tell-waits.ts'

interface Drive {
  readonly environment: CliEnvironment
  readonly platform: Platform
  readonly json: boolean
  /** True where somebody else tells how it ended; absent means false. */
  readonly quiet?: boolean
}

/** How long the events may lag behind the end of the work. */
const LAG_MS = 3000

/** Works on a run and shows it until it ends or waits; Ctrl-C once cancels it, twice leaves at once. */
export async function workOnRun(run: RunId, drive: Drive): Promise<number> {
  const { environment, platform } = drive
  const cancel = new AbortController()
  const follow = new AbortController()
  const screen = progressScreen(drive)
  const live = liveProgress(environment, screen)
  const stopListening = cancelOnInterrupt(cancel, live, drive)
  const waits = tellWaits(run, environment, { platform, live })
  try {
    const shown = showEvents(run, follow.signal, { platform, live, waits })
    const view = await platform.work(run, cancel.signal)
    await Promise.race([shown, after(LAG_MS, environment)])
    follow.abort()
    live.close()
    return drive.quiet === true ? exitCodeOf(view.run.state) : await finish(view, drive)
  } finally {
    waits.stop()
    follow.abort()
    stopListening()
    live.close()
  }
}

/** Shows a run that something else works on, until it ends or waits; Ctrl-C stops watching and leaves the run alone. */
export async function watchRun(run: RunId, drive: Drive): Promise<number> {
  const { environment, platform } = drive
  const follow = new AbortController()
  const live = liveProgress(environment, progressScreen(drive))
  const stopListening = environment.onInterrupt(() => follow.abort())
  const waits = tellWaits(run, environment, { platform, live })
  try {
    await showEvents(run, follow.signal, { platform, live, waits })
    live.close()
    if (follow.signal.aborted) return EXIT_CODES.done.code
    const view = await platform.view(run)
    return view === undefined ? EXIT_CODES.usage.code : await finish(view, drive)
  } finally {
    waits.stop()
    follow.abort()
    stopListening()
    live.close()
  }
}

const progressScreen = ({ environment, json }: Drive): Screen => (json ? environment.stderr : environment.stdout)

async function showEvents(
  run: RunId,
  signal: AbortSignal,
  to: { readonly platform: Platform; readonly live: LiveProgress; readonly waits: WaitTeller },
): Promise<void> {
  try {
    for await (const event of to.platform.follow(run, signal)) {
      to.live.show(event)
      if (event.state !== null) to.waits.stands(event.state)
    }
  } catch (error) {
    if (!signal.aborted) to.live.say(`the events cannot be read: ${error instanceof Error ? error.message : 'unknown'}`)
  }
}

function cancelOnInterrupt(cancel: AbortController, live: LiveProgress, { environment }: Drive): () => void {
  return environment.onInterrupt(() => {
    if (cancel.signal.aborted) return environment.leave(EXIT_CODES.cancelled.code)
    cancel.abort()
    live.close()
    environment.stderr.write('\nCancelling the run and keeping its work. Ctrl-C again leaves at once.\n')
  })
}

const after = (ms: number, environment: CliEnvironment): Promise<void> =>
  new Promise((resolve) => {
    const stop = environment.every(ms, () => {
      stop()
      resolve()
    })
  })

async function finish(view: RunView, { environment, platform, json }: Drive): Promise<number> {
  const change = view.run.facts.tree === null ? undefined : await platform.diff(view.run.id)
  if (json) environment.stdout.write(`${JSON.stringify(outcomeJson(view, change))}\n`)
  else {
    const paint = paintFor(environment.stdout, environment.env)
    const shown = {
      view,
      change,
      paint,
      columns: environment.stdout.columns(),
      command: commandName(environment),
    }
    environment.stdout.write(`${outcomeLines(shown).join('\n')}\n`)
  }
  return exitCodeOf(view.run.state)
}

/** What a person types to run this program: in a checkout its path, as it was started. */
export const commandName = (environment: CliEnvironment): string => environment.env['GANDER_COMMAND'] ?? 'gander'
