import type { Json } from '#domain/json'
import { mayChangeTree, TOOL_ACTIONS } from '#domain/tool'
import type { StepContext, StepOutcome } from '#ports'
import { withoutRows } from '#execution-plane/context'
import { excerpt, MAX_ANSWER, plainText } from './excerpt.ts'
import { performAct, type Presented } from './perform-act.ts'
import { settle, type Settled } from './settle.ts'
import type { ToolHost } from './tool-host.ts'
import { failedRun, failure, type PreparedCall, type Tool, type ToolRun } from './tool.ts'
import { nameShown, type Call, type Desk, type Weighed } from './weigh.ts'

const NO_CHANGE: Settled = { notes: [], events: [] }

/**
 * Acts on a weighed call of the platform's own tools: path guard, limits, time, output, redaction, and the tree as it
 * stands afterwards. What a model asked for never throws; a lost lease, a broken sandbox or a full disk does.
 */
export async function performCall(
  { host }: Desk,
  call: Call,
  weighed: Weighed | undefined,
  step: StepContext,
): Promise<StepOutcome<Json>> {
  if (weighed === undefined) throw new Error(`step ${call.key} is on record and was to act again`)
  const { tool, outcome, recorded, took_ms } = weighed
  return performAct(
    {
      host,
      call,
      tool: { name: tool?.name ?? nameShown(call.request.name), version: tool?.version ?? 'none' },
      action: tool === undefined ? 'none' : TOOL_ACTIONS[tool.name],
      outcome,
      recorded,
      took_ms,
      act: async () => ('decision' in outcome ? withinTime(host, outcome.tool, outcome.prepared) : failedRun(outcome)),
      present: (run) => present(host, run, weighed),
    },
    step,
  )
}

/** Captures what the act changed, and makes its words fit for the model. */
async function present(host: ToolHost, run: ToolRun, { context }: Weighed): Promise<Presented> {
  const settled = run.changed === undefined ? NO_CHANGE : await settle(host, run.changed, context)
  const said = [run.text, ...settled.notes].join('\n')
  const redacted = plainText(await context.redact(plainText(said)))
  // A transform hands nothing to a model.
  const text = excerpt(host.task.agent.kind === 'transform' ? redacted : withoutRows(redacted), MAX_ANSWER)
  return {
    text,
    findings: context.findings,
    events: settled.events,
    ...(settled.tree === undefined ? {} : { tree: settled.tree }),
  }
}

/** A tool that does not come back ends as an error; the sandbox has limits of its own, so nothing goes on there. */
async function withinTime(host: ToolHost, tool: Tool, prepared: PreparedCall): Promise<ToolRun> {
  const timer = new AbortController()
  const late = host.clock.sleep(tool.timeout_ms, AbortSignal.any([timer.signal, host.signal])).then((): ToolRun => {
    const run = failedRun(failure('limit.time', `${tool.name} was stopped after ${tool.timeout_ms / 1000} s.`))
    return mayChangeTree(tool.name) ? { ...run, changed: 'unknown' } : run
  })
  // Whoever loses the race must not count as an unhandled rejection.
  late.catch(() => undefined)
  const act = prepared.act()
  act.catch(() => undefined)
  try {
    return await Promise.race([act, late])
  } finally {
    timer.abort()
  }
}
