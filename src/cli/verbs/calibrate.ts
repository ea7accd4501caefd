import { strengthOf, type GateCount } from '#domain/autonomy'
import { GanderError } from '#domain/failure'
import type { ModelApi } from '#domain/task'
import type { CalibrationDesk, GateTrial, RecordedStrength, StandingMove } from '#ports'
import { Option } from 'commander'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { chooseModel, MODEL_APIS } from '../model-choice.ts'
import { keysFor, placeOf } from '../order.ts'
import { gateLines, judgeLines, moveLines } from '../screen/calibration.ts'
import { paintFor } from '../screen/paint.ts'
import { amount } from './run.ts'

interface Flags {
  readonly repo?: string
  readonly whole?: boolean
  readonly record: boolean
  readonly judge?: boolean
  readonly model?: string
  readonly modelUrl?: string
  readonly modelApi?: ModelApi
  readonly maxCost?: number
  readonly json?: boolean
}

/** `gander calibrate`: what share of bad changes each gate catches, and what it means for autonomy. */
export const addCalibrate: Verb = (program, cli) => {
  program
    .command('calibrate')
    .summary('try the gates on changes that are known to be bad')
    .description(
      'Tries every gate on changes that are known to be bad and on honest ones, and prints the share that each catches. A gate below its floor becomes advice: the level of the next task drops to 2 until a later calibration is above it. With --judge a model judges a set of changes that people judged.',
    )
    .option('--repo <path|url>', 'sabotage this repository (default: one that comes with the program)')
    .option('--whole', 'every defect, and the judge in another order and with injected text (default: a sample)')
    .option('--no-record', 'print only; nothing is kept and autonomy stays')
    .option('--json', 'one JSON object on one line')
    .optionsGroup('A judge:')
    .option('--judge', 'have a model judge the set, instead of trying the other gates')
    .option('--model <provider:model>', 'which one (default: the first with a key)')
    .option('--model-url <url>', 'address of a server of your own')
    .addOption(new Option('--model-api <format>', 'what that server speaks').choices(MODEL_APIS))
    .option('--max-cost <usd>', 'US dollars for model calls (default: 5)', amount)
    .action(async (flags: Flags) => await (flags.judge === true ? judge(cli, flags) : gates(cli, flags)))
}

async function gates(cli: Cli, flags: Flags): Promise<void> {
  const { environment } = cli
  const repository = flags.repo === undefined ? null : placeOf(flags.repo, environment.cwd)
  const found = await interruptible(cli, async (signal) =>
    (await deskOf(cli)).gates({ repository, whole: flags.whole === true, signal }),
  )
  const moves = flags.record ? await recorded(cli, found) : []
  if (flags.json === true) return printJson(cli, { ...found, moves, recorded: flags.record })
  const paint = paintFor(environment.stdout, environment.env)
  print(cli, [...gateLines(found, paint), ...moveLines(moves, flags.record, paint)])
}

async function judge(cli: Cli, flags: Flags): Promise<void> {
  const { environment } = cli
  const keys = { env: environment.env, saved: await environment.keys.read() }
  const model = chooseModel(flags, keys, environment.cwd)
  const found = await interruptible(cli, async (signal) =>
    (await deskOf(cli)).judge({
      model,
      keys: keysFor({ kind: 'native', model, fallback: null }, keys),
      max_cost_usd: flags.maxCost ?? 5,
      whole: flags.whole === true,
      signal,
    }),
  )
  const { recall, false_alarms, not_asked, corpus } = found
  const measured = not_asked === 0 && recall.of > 0
  const moves =
    flags.record && measured
      ? await keep(cli, { repository: null, corpus, counts: [{ gate: 'judge', caught: recall, false_alarms }] })
      : []
  if (flags.json === true) return printJson(cli, { ...found, moves, recorded: flags.record && measured })
  const paint = paintFor(environment.stdout, environment.env)
  print(cli, [...judgeLines(found, paint), ...moveLines(moves, flags.record && measured, paint)])
}

const recorded = (cli: Cli, { repository, corpus, gates: counts }: GateTrial) =>
  keep(cli, { repository, corpus, counts })

interface Kept extends Pick<RecordedStrength, 'repository' | 'corpus'> {
  readonly counts: readonly GateCount[]
}

async function keep(cli: Cli, { repository, corpus, counts }: Kept): Promise<readonly StandingMove[]> {
  const gates = counts.map(strengthOf)
  return withPlatform(cli, 'read', async ({ autonomy }) => {
    if (autonomy?.calibrated === undefined)
      throw new GanderError('usage', 'A server does not take what was calibrated elsewhere.', {
        remedy: 'Run the command on the machine of the server, or add --no-record.',
      })
    return autonomy.calibrated({ repository, corpus, by: cli.environment.user, gates })
  })
}

async function deskOf({ environment }: Cli): Promise<CalibrationDesk> {
  if (environment.calibration !== undefined) return environment.calibration()
  throw new GanderError('usage', 'This program does not calibrate.', { remedy: 'Use a newer one.' })
}

/** Ctrl-C ends the trial between two changes; nothing is recorded then. */
async function interruptible<Value>(
  { environment }: Cli,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const stop = new AbortController()
  const off = environment.onInterrupt(() => stop.abort(new GanderError('usage', 'The calibration was interrupted.')))
  try {
    return await work(stop.signal)
  } finally {
    off()
  }
}
