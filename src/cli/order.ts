import { DEFAULT_LIMITS, type BudgetLimits } from '#domain/budget'
import { GanderError } from '#domain/failure'
import { DEFAULT_SCOPE, type AgentChoice, type KnownGuest, type ModelApi, type RunMode } from '#domain/task'
import type { GateAuthority } from '#domain/workflow'
import type { OrderDraft, RunOrder } from '#ports'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import type { CliEnvironment } from './environment.ts'
import { chooseGuest, isGuest } from './guest-choice.ts'
import { chooseFallback, chooseModel, keyOf, type KeySource } from './model-choice.ts'

/** The flags of `gander run`, as commander gives them. */
export interface RunFlags {
  readonly repo?: string
  readonly issue?: string
  readonly task?: string
  readonly base?: string
  readonly mode?: RunMode
  readonly level?: string
  readonly agent?: 'native' | 'transform' | 'acp' | 'command' | KnownGuest
  readonly rule?: string
  readonly model?: string
  readonly fallbackModel?: string
  readonly modelUrl?: string
  readonly modelApi?: ModelApi
  readonly verify?: string
  readonly sandboxProfile?: string
  readonly policy?: string
  readonly capability?: string
  readonly allow?: readonly string[]
  readonly forbid?: readonly string[]
  readonly maxCost?: number
  readonly maxMinutes?: number
  readonly maxSteps?: number
  readonly json?: boolean
}

/** Makes the order of `gander run`: what the issue or task file says, with the flags over it. */
export async function readOrder(
  flags: RunFlags,
  command: readonly string[],
  environment: CliEnvironment,
): Promise<RunOrder> {
  const keys = { env: environment.env, saved: await environment.keys.read() }
  const transform = await chooseTransform(flags, command, environment)
  const { draft, folder } = await readDraft(flags, transform, environment)
  const agent =
    transform ??
    chooseGuest(flags, command, { keys, cwd: environment.cwd }) ??
    chooseNative(flags, keys, environment.cwd)
  const repository = flags.repo ?? draft.repository
  if (repository === null)
    throw usage(
      'No repository is named: neither --repo nor the task says one.',
      'Add --repo PATH|URL, such as --repo .',
    )
  return {
    words: { ...draft.words, repository: placeOf(repository, flags.repo === undefined ? folder : environment.cwd) },
    ...capabilityOf(flags, draft),
    requester: environment.user,
    base_ref: flags.base ?? draft.base_ref,
    mode: flags.mode ?? draft.mode ?? 'draft_pr',
    ...levelOf(flags, draft),
    scope: {
      ...DEFAULT_SCOPE,
      ...draft.scope,
      ...(flags.allow === undefined ? {} : { allowed_paths: flags.allow }),
      forbidden_paths: [...(draft.scope.forbidden_paths ?? []), ...(flags.forbid ?? [])],
    },
    agent,
    verification: await readVerification(flags, draft, { environment, folder }),
    ...(await readSandbox(flags, draft, { environment, folder })),
    ...(await readPolicies(flags, draft, environment)),
    limits: { ...DEFAULT_LIMITS, ...draft.limits, ...limitsOf(flags) },
    keys: keysFor(agent, keys),
  }
}

const capabilityOf = ({ capability }: RunFlags, draft: OrderDraft): Pick<RunOrder, 'capability'> => {
  const named = capability ?? draft.capability
  return named === undefined ? {} : { capability: named }
}

/** Who decides when a gate says no; absent: as the installation has it. */
function levelOf({ level }: RunFlags, draft: OrderDraft): Pick<RunOrder, 'level'> {
  const chosen = LEVELS.find((each) => String(each) === level) ?? draft.level
  return chosen === undefined ? {} : { level: chosen }
}

const LEVELS: readonly GateAuthority[] = [1, 2, 3, 4]

type Native = Extract<AgentChoice, { kind: 'native' }>
type Transform = Extract<AgentChoice, { kind: 'transform' }>

function chooseNative(flags: RunFlags, keys: KeySource, cwd: string): Native {
  const fallback = chooseFallback({ ...flags, fallback: flags.fallbackModel }, keys, cwd)
  return { kind: 'native', model: chooseModel(flags, keys, cwd), fallback }
}

/** The transform that was asked for, or undefined where a model works. */
async function chooseTransform(
  flags: RunFlags,
  command: readonly string[],
  environment: CliEnvironment,
): Promise<Transform | undefined> {
  const { rule, model, modelUrl, agent } = flags
  if (isGuest(agent)) return undefined
  const given = rule !== undefined || command.length > 0
  if (agent !== 'transform' && !given) return undefined
  if (agent === 'native')
    throw usage('--agent native takes no rule and no command. A model works on the task.', 'Leave --agent out.')
  if (model !== undefined || modelUrl !== undefined)
    throw usage('A transform needs no model. --model and --model-url do not go with a rule or a command.')
  if (rule !== undefined && command.length > 0)
    throw usage('Two transforms are given. A run has either --rule or a command after --.', 'Give one of them.')
  if (!given)
    throw usage(
      '--agent transform has nothing to do. It needs a rule or a command.',
      'Add --rule FILE (an ast-grep rule), or -- COMMAND… at the end.',
    )
  if (rule === undefined) return { kind: 'transform', rule: { kind: 'command', argv: command } }
  const source = await fileText(rule, '--rule', environment)
  return { kind: 'transform', rule: { kind: 'ast_grep', source, name: basename(rule) } }
}

interface Draft {
  readonly draft: OrderDraft
  /** What relative paths in the draft are relative to. */
  readonly folder: string
}

async function readDraft(
  flags: RunFlags,
  transform: Transform | undefined,
  environment: CliEnvironment,
): Promise<Draft> {
  const { issue, task } = flags
  const { cwd } = environment
  if (issue !== undefined && task !== undefined)
    throw usage('Both --issue and --task are given; a run has one.', 'Give one of them.')
  const intake = await environment.intake()
  if (task !== undefined) {
    const text = await fileText(task, '--task', environment)
    return { draft: intake.readTask(text, basename(task)), folder: dirname(resolve(cwd, task)) }
  }
  if (issue === undefined && transform !== undefined) return { draft: draftOf(transform), folder: cwd }
  if (issue === undefined)
    throw usage(
      'Nothing says what to do: a run needs an issue or a task file.',
      'Add --issue FILE|URL|- (- reads standard input), or --task FILE.',
    )
  if (/^https?:\/\//.test(issue)) return { draft: await intake.fetchIssue(issue), folder: cwd }
  if (issue === '-') return { draft: intake.readIssue(await environment.stdin.read(), 'standard_input'), folder: cwd }
  const text = await fileText(issue, '--issue', environment)
  return { draft: intake.readIssue(text, 'cli'), folder: dirname(resolve(cwd, issue)) }
}

/** A word as a shell reads it back. */
const quoted = (word: string) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** A transform says itself what is to be done. */
function draftOf({ rule }: Transform): OrderDraft {
  const what = rule.kind === 'command' ? `Run ${rule.argv.map(quoted).join(' ')}` : `Apply the rule ${rule.name}`
  return {
    words: {
      source: 'cli',
      source_url: null,
      title: what.length > 100 ? `${what.slice(0, 99)}…` : what,
      description: `${what} over the repository, as its deterministic transformation. Nothing else should change.`,
      acceptance_criteria: ['The transformation was applied.', 'The tests that passed before still pass.'],
      constraints: [],
      deadline: null,
      attachments: [],
      risk_hints: [],
      expected_output: null,
      owner: null,
    },
    repository: null,
    base_ref: null,
    mode: null,
    scope: {},
    verification: null,
    limits: {},
  }
}

interface Folder {
  readonly environment: CliEnvironment
  readonly folder: string
}

/** A profile's id, or the text of a profile file: what looks like a file is read as one. */
async function readVerification(flags: RunFlags, draft: OrderDraft, at: Folder): Promise<RunOrder['verification']> {
  const given = flags.verify ?? draft.verification
  if (given === null) return null
  if (!/[/\\]|\.(ya?ml|json)$/i.test(given)) return { kind: 'named', id: given }
  const folder = flags.verify === undefined ? at.folder : at.environment.cwd
  return { kind: 'given', source: await fileText(resolve(folder, given), '--verify', at.environment) }
}

/** The task's own policy and the one that is given for this run. */
async function readPolicies(
  { policy }: RunFlags,
  draft: OrderDraft,
  environment: CliEnvironment,
): Promise<Pick<RunOrder, 'policies'>> {
  if (policy === undefined && draft.policy === undefined) return {}
  const run = policy === undefined ? undefined : await fileText(policy, '--policy', environment)
  return {
    policies: { ...(draft.policy !== undefined && { task: draft.policy }), ...(run !== undefined && { run }) },
  }
}

/** A sandbox profile's name, or the text of a file: what looks like a file is read as one. None: the default one. */
async function readSandbox(flags: RunFlags, draft: OrderDraft, at: Folder): Promise<Pick<RunOrder, 'sandbox'>> {
  const given = flags.sandboxProfile ?? draft.sandbox
  if (given === undefined) return {}
  if (!/[/\\]|\.(ya?ml|json)$/i.test(given)) return { sandbox: { kind: 'named', id: given } }
  const folder = flags.sandboxProfile === undefined ? at.folder : at.environment.cwd
  const source = await fileText(resolve(folder, given), '--sandbox-profile', at.environment)
  return { sandbox: { kind: 'given', source } }
}

/** The text of a file that a flag names. @throws GanderError `usage` */
export async function fileText(path: string, flag: string, environment: CliEnvironment): Promise<string> {
  const text = await environment.readFile(resolve(environment.cwd, path))
  if (text === undefined)
    throw usage(`${flag} ${path} cannot be read: there is no such file.`, `Check the path given with ${flag}.`)
  return text
}

/** A path becomes absolute; an address, and a name that only a forge knows, stay as they are. */
export function placeOf(repository: string, folder: string): string {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(repository) || /^[^/\\\s]+@[^/\\\s]+:/.test(repository)
  return address || isAbsolute(repository) ? repository : resolve(folder, repository)
}

function limitsOf(flags: RunFlags): Partial<BudgetLimits> {
  return {
    ...(flags.maxCost === undefined ? {} : { max_cost_usd: flags.maxCost }),
    ...(flags.maxMinutes === undefined ? {} : { max_minutes: flags.maxMinutes }),
    ...(flags.maxSteps === undefined ? {} : { max_steps: flags.maxSteps }),
  }
}

/** Only the keys of the models that were chosen leave the command line. */
export function keysFor(agent: AgentChoice, keys: KeySource): { readonly [provider: string]: string } {
  if (agent.kind === 'transform') return {}
  const fallback = agent.kind === 'native' ? agent.fallback : null
  const providers = [agent.model.provider, ...(fallback === null ? [] : [fallback.provider])]
  const found = providers.map((provider) => [provider, keyOf(provider, keys)] as const)
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined))
}

const usage = (message: string, remedy?: string) =>
  new GanderError('usage', message, remedy === undefined ? {} : { remedy })
