import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { Platform } from '#ports'
import type { Cli } from './cli.ts'
import type { HandedTask } from './mcp-desk.ts'
import { readOrder, type RunFlags } from './order.ts'

/** Runs that wait behind the one that is worked on; an assistant that loops hands in no more. */
const MAX_WAITING = 5

/** Which model works and how much it may use, as for `gander run`. */
export type AssistantFlags = Pick<
  RunFlags,
  'model' | 'modelUrl' | 'modelApi' | 'maxCost' | 'maxMinutes' | 'maxSteps' | 'sandboxProfile'
>

/** Tasks that an assistant hands in, worked on one after the other. */
export interface AssistantTasks {
  /** Queues a task and gives its run's id. @throws GanderError as `gander run` does */
  submit(task: HandedTask): Promise<string>
  /** Cancels what is under way and what waits. */
  close(): Promise<void>
}

/** Takes tasks over a platform; each goes through intake like every other, as words of somebody unknown. */
export function takeAssistantTasks(cli: Cli, platform: Platform, flags: AssistantFlags): AssistantTasks {
  const { environment } = cli
  const over = new AbortController()
  let waiting = 0
  let queue: Promise<void> = Promise.resolve()
  const work = async (run: RunId): Promise<void> => {
    try {
      if (over.signal.aborted) await platform.cancel(run, 'the end of the server it was handed in to')
      else await platform.work(run, over.signal)
    } catch (error) {
      environment.stderr.write(`${run}: ${error instanceof Error ? error.message : String(error)}\n`)
    } finally {
      waiting -= 1
    }
  }
  return {
    submit: async (task) => {
      if (waiting > MAX_WAITING)
        throw new GanderError('usage', `${MAX_WAITING} tasks wait already.`, {
          remedy: 'Hand in the next one when `show_run` tells that one of them has ended.',
        })
      waiting += 1
      try {
        const { run } = await platform.submit(await orderOf(cli, task, flags))
        queue = queue.then(() => work(run.id))
        return run.id
      } catch (error) {
        waiting -= 1
        throw error
      }
    },
    close: async () => {
      over.abort()
      await queue
    },
  }
}

async function orderOf({ environment }: Cli, task: HandedTask, flags: AssistantFlags) {
  const { repository, title, description, mode } = task
  const issue = `# ${title.replaceAll(/\s+/g, ' ')}\n\n${description}\n`
  const stdin = { ...environment.stdin, read: async () => issue }
  const order = await readOrder({ ...flags, repo: repository, issue: '-', mode }, [], { ...environment, stdin })
  return { ...order, words: { ...order.words, source: 'assistant' as const } }
}
