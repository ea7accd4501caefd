import type { Verb } from '../cli.ts'
import { submitAndWork } from './run.ts'

/** `gander demo`: the example repository and issue with a recorded model; what `./dev demo` runs. */
export const addDemo: Verb = (program, cli) => {
  program
    .command('demo', { hidden: true })
    .description('Runs the example: real database, sandbox, checks and pull request; the model is a recording.')
    .option('--json', 'progress on standard error, one JSON object as the last line of standard output')
    .action(async (flags: { readonly json?: boolean }) => {
      const order = await cli.environment.prepareDemo()
      await submitAndWork(cli, order, { json: flags.json === true, remark: REMARK })
      if (flags.json !== true) cli.environment.stdout.write(ON_ONES_OWN)
    })
}

const REMARK = 'The model is a recording that is replayed; everything else is real.'

const ON_ONES_OWN = `
On your own repository
  bin/gander doctor                            what this machine has and lacks
  bin/gander login anthropic                   or openai, google; local needs none
  bin/gander run --repo PATH --issue issue.md  an issue becomes a pull request
`
