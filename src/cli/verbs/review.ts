import { GanderError } from '#domain/failure'
import type { ReviewReport } from '#domain/review'
import { DEFAULT_LIMITS } from '#domain/budget'
import { DEFAULT_SCOPE, type AgentChoice, type ModelApi } from '#domain/task'
import type { Platform, RunOrder, RunView } from '#ports'
import { Option } from 'commander'
import { withPlatform, print, printJson, type Cli, type Verb } from '../cli.ts'
import { workOnRun } from '../drive-run.ts'
import { exitCodeOf } from '../exit-code.ts'
import { chooseModel, MODEL_APIS } from '../model-choice.ts'
import { fileText, keysFor, placeOf } from '../order.ts'
import { reviewLines } from '../screen/review.ts'
import { amount } from './run.ts'

/** Exit code of `--check` where a finding blocks: what `grep` and `diff` say with 1. */
const BLOCKED = 1

interface Flags {
  readonly repo?: string
  readonly base: string
  readonly head: string
  readonly twoDot?: boolean
  readonly description?: string
  readonly previous?: string
  readonly model?: string
  readonly fallbackModel?: string
  readonly modelUrl?: string
  readonly modelApi?: ModelApi
  readonly maxCost?: number
  readonly check?: boolean
  readonly json?: boolean
}

/** `gander review`: at most six findings on what a change touches, what checks found before what a model did. */
export const addReview: Verb = (program, cli) => {
  program
    .command('review')
    .summary('review a change that is there')
    .description(
      'Reviews a change as a pull request shows it, from the commit that base and head have in common: what checks find first, and with --model what a model finds after them. At most six findings, each on changed lines. Nothing of the repository is run, and nothing is written to it.',
    )
    .option('--repo <path|url>', 'the git repository; a checkout of yours is only read', '.')
    .requiredOption('--base <ref>', 'what it is to go into; it may have gone on since')
    .requiredOption('--head <ref>', 'what is proposed')
    .option('--two-dot', 'compare the two trees as they are, not from their merge base')
    .option('--description <file|->', "the pull request's description, or its evidence packet")
    .option('--previous <file>', 'an earlier review as JSON: what it said already is marked, what is gone is told')
    .optionsGroup('A model:')
    .option('--model <provider:model>', 'who reads it after the checks (default: nobody)')
    .option('--fallback-model <provider:model>', 'used when the first one cannot be reached')
    .option('--model-url <url>', 'address of a server of your own')
    .addOption(new Option('--model-api <format>', 'what that server speaks').choices(MODEL_APIS))
    .option('--max-cost <usd>', 'US dollars for model calls (default: 5)', amount)
    .optionsGroup('Output:')
    .option('--check', 'exit with 1 where a finding blocks')
    .option('--json', 'the report as one JSON object on standard output')
    .action(async (flags: Flags) => {
      const order = await orderOf(cli, flags)
      await withPlatform(cli, 'work', async (platform) => {
        const { run } = await platform.submit(order)
        const quiet = order.agent.kind === 'transform' || flags.json === true
        if (quiet) await platform.work(run.id)
        else await workOnRun(run.id, { environment: cli.environment, platform, json: false, quiet: true })
        await show(cli, platform, { flags, view: (await platform.view(run.id)) ?? missing(run.id) })
      })
    })
}

async function show(
  cli: Cli,
  platform: Platform,
  { flags, view }: { readonly flags: Flags; readonly view: RunView },
): Promise<void> {
  const kept = view.artifacts.findLast(({ kind }) => kind === 'review_report')
  const bytes = kept === undefined ? undefined : await platform.artifact(kept.sha256)
  if (bytes === undefined || view.run.state !== 'completed') return unfinished(cli, view)
  // The report is the platform's own, read back by its hash.
  const report = JSON.parse(Buffer.from(bytes).toString('utf8')) as ReviewReport
  if (flags.json === true) printJson(cli, { ...report, run_id: view.run.id })
  else print(cli, reviewLines(cli.environment, report, view.run.id))
  if (flags.check === true && report.findings.some(({ severity }) => severity === 'blocker')) cli.ended(BLOCKED)
}

function unfinished(cli: Cli, { run }: RunView): void {
  const diagnosis = 'diagnosis' in run ? run.diagnosis : null
  const { stderr } = cli.environment
  stderr.write(`The review ended as ${run.state.replaceAll('_', ' ')}.\n`)
  if (diagnosis !== null && diagnosis !== undefined) stderr.write(`${diagnosis.what} ${diagnosis.why}\n`)
  stderr.write(`\`gander show ${run.id}\` tells more.\n`)
  cli.ended(exitCodeOf(run.state))
}

async function orderOf(cli: Cli, flags: Flags): Promise<RunOrder> {
  const { environment } = cli
  const { cwd, env, user } = environment
  const keys = { env, saved: await environment.keys.read() }
  const agent = agentOf(flags, keys, cwd)
  const evidence = flags.description === undefined ? null : await descriptionText(cli, flags.description)
  const isText = evidence !== null && !/^\s*\{/.test(evidence)
  return {
    words: {
      source: 'cli',
      source_url: null,
      repository: placeOf(flags.repo ?? '.', cwd),
      title: `Review ${flags.head} against ${flags.base}`,
      description: isText ? evidence : `Review what changes between ${flags.base} and ${flags.head}.`,
      acceptance_criteria: [],
      constraints: [],
      deadline: null,
      attachments: [],
      risk_hints: [],
      expected_output: null,
      owner: null,
    },
    capability: 'advisor.review',
    requester: user,
    base_ref: flags.base,
    mode: 'analysis_only',
    scope: DEFAULT_SCOPE,
    agent,
    verification: null,
    limits: { ...DEFAULT_LIMITS, ...(flags.maxCost === undefined ? {} : { max_cost_usd: flags.maxCost }) },
    review: {
      head_ref: flags.head,
      evidence,
      earlier: await earlierIn(cli, flags.previous),
      compare: flags.twoDot === true ? 'trees' : 'merge_base',
    },
    keys: keysFor(agent, keys),
  }
}

/** Without a model the checks alone speak; whoever works is then this command, which changes nothing. */
function agentOf(flags: Flags, keys: Parameters<typeof chooseModel>[1], cwd: string): AgentChoice {
  const { model, fallbackModel } = flags
  if (model === undefined && (fallbackModel ?? flags.modelUrl) === undefined)
    return { kind: 'transform', rule: { kind: 'command', argv: ['gander', 'review'] } }
  const fallback = fallbackModel === undefined ? null : chooseModel({ model: fallbackModel }, keys, cwd)
  return { kind: 'native', model: chooseModel(flags, keys, cwd), fallback }
}

async function descriptionText({ environment }: Cli, path: string): Promise<string> {
  return path === '-' ? environment.stdin.read() : fileText(path, '--description', environment)
}

/** Fingerprints of an earlier report. */
async function earlierIn({ environment }: Cli, path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return []
  const text = await fileText(path, '--previous', environment)
  try {
    const read: unknown = JSON.parse(text)
    const findings: unknown =
      typeof read === 'object' && read !== null && 'findings' in read ? read.findings : undefined
    if (Array.isArray(findings))
      return findings
        .map((each: unknown) =>
          typeof each === 'object' && each !== null && 'fingerprint' in each ? each.fingerprint : '',
        )
        .filter((each): each is string => typeof each === 'string' && /^[0-9a-f]{16}$/.test(each))
  } catch {
    // Told below, like JSON of another kind.
  }
  throw new GanderError('usage', `--previous ${path} is no review.`, {
    remedy: 'Give what `gander review --json` printed for an earlier revision.',
  })
}

function missing(run: string): never {
  throw new GanderError('run_not_found', `there is no run ${run}`)
}
