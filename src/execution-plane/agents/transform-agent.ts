import { createHash } from 'node:crypto'
import { GanderError } from '#domain/failure'
import type { Json } from '#domain/json'
import type { Plan } from '#domain/plan'
import { ok, refuse, type Result } from '#domain/result'
import type { Task, TransformRule } from '#domain/task'
import {
  BudgetExhausted,
  type Agent,
  type AgentOutcome,
  type AgentSession,
  type ToolCallResult,
  type TreeEntry,
} from '#ports'
import { platformPlan } from './platform-plan.ts'
import { parseRewriteRules } from './rewrite-rule.ts'
import { createRewriter, type Rewriter } from './rewrite.ts'

/** The base tree of the run, from which a rule's work is computed the same way on every replay. */
interface TransformSource {
  readonly list: readonly TreeEntry[]
  read(path: string): Promise<Uint8Array | undefined>
}

/** One file a rule changes. */
interface FileEdit {
  readonly path: string
  readonly before_sha256: string
  readonly content: string
  readonly matches: number
}

const LARGEST_FILE = 1024 * 1024
const COMMAND_SECONDS = 600
/** The tool gateway bounds the calls of one turn; a rule over many files takes several. */
const CALLS_PER_TURN = 50

type AstGrep = Extract<TransformRule, { kind: 'ast_grep' }>
type Stop = Extract<AgentOutcome, { kind: 'blocked' }>

const stop = (reason: string, needs: string): Stop => ({ kind: 'blocked', reason, needs })

/**
 * Works by a rule or a command and needs no model. The platform makes the plan and hands it in through `submit_plan`, so
 * it is checked and stored like any other; the edits go through `file_write` or `shell_exec`, so policy and records are
 * the same as for a model. What a transform cannot do it says: it never repairs.
 */
export function createTransformAgent(source: TransformSource): Agent {
  let phases = 0
  return {
    async work(session) {
      const desk = deskOf(session, phases)
      phases += 1
      try {
        return await workOn(session, desk, source)
      } catch (error) {
        if (error instanceof BudgetExhausted) return { kind: 'exhausted', verdict: error.verdict }
        throw error
      }
    },
  }
}

/** Calls tools one after another under keys that depend on their order alone. */
type Desk = (name: string, args: Json) => Promise<ToolCallResult>

function deskOf(session: AgentSession, ordinal: number): Desk {
  let index = 0
  return (name, args) => {
    session.signal.throwIfAborted()
    const turn = Math.floor(index / CALLS_PER_TURN)
    const id = `call_${ordinal}_${turn}_${index}`
    const key = `tool:${ordinal}:${turn}:${index}`
    index += 1
    return session.tools.call({ id, name, arguments: args }, { phase: session.phase, key })
  }
}

async function workOn(session: AgentSession, call: Desk, source: TransformSource): Promise<AgentOutcome> {
  const { agent } = session.task
  if (agent.kind !== 'transform')
    throw new GanderError('internal', `The transform agent was given a ${agent.kind} task.`)
  switch (session.phase) {
    case 'planning':
      return plan(session.task, agent.rule, call, source)
    case 'editing':
      return agent.rule.kind === 'command' ? runCommand(agent.rule.argv, call) : applyRule(agent.rule, call, source)
    case 'repairing':
      return stop(
        `A transform cannot mend what its rule left behind. ${session.opening}`.slice(0, 2_000),
        'a corrected rule or command, or a model that goes on from the kept work',
      )
    default:
      return session.phase satisfies never
  }
}

async function plan(task: Task, rule: TransformRule, call: Desk, source: TransformSource): Promise<AgentOutcome> {
  const drafted = rule.kind === 'command' ? ok(commandPlan(task, rule.argv)) : await rulePlan(task, rule, source)
  if (!drafted.ok) return drafted.refusal
  const { answer, control } = await call('submit_plan', {
    ...drafted.value,
    steps: drafted.value.steps.map((step) => ({ ...step })),
  })
  if (control?.kind === 'plan_accepted')
    return { kind: 'planned', plan: control.plan, plan_sha256: control.plan_sha256 }
  return stop(
    `The plan made from the rule was not accepted: ${answer.text}`,
    'a task whose scope covers what the rule changes',
  )
}

function commandPlan(task: Task, argv: readonly string[]): Plan {
  const command = argv.join(' ').slice(0, 300)
  return platformPlan(task, ['The rule is right; the platform applies it as it is.'], {
    objective: `Run \`${command}\` for the task: ${task.title}`,
    steps: [
      {
        id: 'S1',
        action: `run \`${command}\` in the sandbox`,
        target: 'the files this command rewrites, inside the scope of the task',
        expected_evidence: 'the command ends with exit code 0 and leaves a change',
      },
    ],
    risk: 'medium',
  })
}

async function rulePlan(task: Task, rule: AstGrep, source: TransformSource): Promise<Result<Plan, Stop>> {
  const edits = await editsOf(rule, source)
  if (!edits.ok) return edits
  const shown = edits.value.slice(0, 30).map((edit) => edit.path)
  const more = edits.value.length > shown.length ? ` and ${edits.value.length - shown.length} more files` : ''
  return ok(
    platformPlan(task, ['The rule is right; the platform applies it as it is.'], {
      objective: `Apply the rule ${rule.name} to ${edits.value.length} files for the task: ${task.title}`,
      steps: [
        {
          id: 'S1',
          action: `rewrite ${totalOf(edits.value)} matches of the rule`,
          target: `${shown.join(', ')}${more}`,
          expected_evidence: 'every named file differs only where the rule matched',
        },
      ],
      risk: edits.value.length > 10 ? 'medium' : 'low',
    }),
  )
}

async function applyRule(rule: AstGrep, call: Desk, source: TransformSource): Promise<AgentOutcome> {
  const edits = await editsOf(rule, source)
  if (!edits.ok) return edits.refusal
  for (const { path, content, before_sha256 } of edits.value) {
    const { answer, control } = await call('file_write', { path, content, expected_sha256: before_sha256 })
    if (control?.kind === 'needs_leave') return { kind: 'needs_leave', wanted: control.wanted }
    if (answer.is_error)
      return stop(`Writing ${path} was refused: ${answer.text}`, 'a scope or a rule that leaves this file out')
  }
  return finish(call, `Rewrote ${totalOf(edits.value)} matches of ${rule.name} in ${edits.value.length} files.`)
}

async function runCommand(argv: readonly string[], call: Desk): Promise<AgentOutcome> {
  const { answer, control } = await call('shell_exec', { argv: [...argv], timeout_seconds: COMMAND_SECONDS })
  if (control?.kind === 'needs_leave') return { kind: 'needs_leave', wanted: control.wanted }
  // The tool's answer starts with how the command ended; that it ended badly is no error of the call.
  if (answer.is_error || !answer.text.startsWith('exit code 0'))
    return stop(
      `The command did not succeed: ${answer.text.slice(0, 1_500)}`,
      'a command that succeeds in the sandbox, without a network',
    )
  return finish(call, `Ran ${argv.join(' ').slice(0, 300)}.`)
}

async function finish(call: Desk, summary: string): Promise<AgentOutcome> {
  const { answer, control } = await call('finish', { summary })
  if (control?.kind === 'finish') return { kind: 'finished', summary: control.summary }
  return stop(`The work could not be handed in: ${answer.text}`, 'a look at the kept work')
}

/** What the rule makes of the base tree, in the order of paths; refused where the rule is unreadable or matches nothing. */
async function editsOf(rule: AstGrep, source: TransformSource): Promise<Result<readonly FileEdit[], Stop>> {
  const rules = parseRewriteRules(rule.source)
  if (!rules.ok) return refuse(stop(`${rule.name} cannot be used. ${rules.refusal}`, 'a corrected rule file'))
  const rewriter = await createRewriter(rules.value)
  if (!rewriter.ok) return refuse(stop(`${rule.name} cannot be used. ${rewriter.refusal}`, 'a corrected rule file'))
  const edits: FileEdit[] = []
  for (const entry of source.list) {
    const edit = await editOf(entry, rewriter.value, source)
    if (edit !== undefined) edits.push(edit)
  }
  if (edits.length > 0) return ok(edits)
  const languages = [...new Set(rules.value.map(({ language }) => language))].join(', ')
  return refuse(
    stop(
      `${rule.name} changes nothing: no match in any ${languages} file of the base commit.`,
      'a rule that matches code of this repository',
    ),
  )
}

async function editOf(entry: TreeEntry, rewrite: Rewriter, source: TransformSource): Promise<FileEdit | undefined> {
  if (!entry.mode.startsWith('100') || entry.bytes > LARGEST_FILE) return undefined
  if (!/\.([cm]?[jt]sx?|x?html?|css)$/i.test(entry.path)) return undefined
  const bytes = await source.read(entry.path)
  const before = bytes === undefined ? undefined : textOf(bytes)
  if (bytes === undefined || before === undefined) return undefined
  const after = rewrite(entry.path, before)
  if (after === undefined || after.content === before) return undefined
  const before_sha256 = createHash('sha256').update(bytes).digest('hex')
  return { path: entry.path, before_sha256, content: after.content, matches: after.matches }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

const totalOf = (edits: readonly FileEdit[]): number => edits.reduce((sum, edit) => sum + edit.matches, 0)
