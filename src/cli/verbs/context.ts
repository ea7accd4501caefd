import { GanderError } from '#domain/failure'
import { print, printJson, withPlatform, type Verb } from '../cli.ts'
import { findRun } from '../find-run.ts'
import { paintFor } from '../screen/paint.ts'
import { contextLines, requestDetail } from './context-lines.ts'
import { contextOfRun, requestAt } from './context-of-run.ts'
import { requireView, RUN_ARGUMENT } from './run-argument.ts'

interface ContextFlags {
  readonly step?: string
  readonly json?: boolean
}

/** `gander context RUN`: what the model saw, when and why, and what it did not see. */
export const addContext: Verb = (program, cli) => {
  program
    .command('context')
    .summary('what the model saw, and what was kept from it')
    .description(
      'Shows what a run told its model: each item with its source, trust, class and tokens, what was left out and why, and what each later request carried.',
    )
    .argument('<run>', RUN_ARGUMENT)
    .option('--step <n>', 'only the request that this step made, message by message')
    .option('--json', 'one JSON object on one line')
    .action(async (typed: string, flags: ContextFlags) => {
      const step = flags.step === undefined ? undefined : stepNumber(flags.step)
      await withPlatform(cli, 'read', async (platform) => {
        const view = await requireView(platform, await findRun(platform, typed))
        const context = await contextOfRun(platform, view)
        const { stdout, env } = cli.environment
        const look = { paint: paintFor(stdout, env), width: stdout.is_terminal ? stdout.columns() : 400 }
        if (step === undefined)
          return flags.json === true
            ? printJson(cli, { run: view.run.id, ...context })
            : print(cli, contextLines(context, look))
        const seen = requestAt(context, step)
        if (flags.json !== true) return print(cli, requestDetail(seen, look))
        printJson(cli, { run: view.run.id, ...seen.request, messages: seen.messages })
      })
    })
}

function stepNumber(typed: string): number {
  const step = Number(typed)
  if (Number.isSafeInteger(step) && step > 0) return step
  throw new GanderError('usage', `${typed} is no number of a step.`, {
    remedy: 'Give a whole number from 1, as `gander show RUN --steps` lists them.',
  })
}
