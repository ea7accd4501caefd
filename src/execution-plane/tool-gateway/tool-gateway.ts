import { createHash } from 'node:crypto'
import { grantsTool } from '#domain/capability'
import type { ToolDeclaration } from '#domain/conversation'
import { canonicalJson, type Json } from '#domain/json'
import { PHASE_TOOLS, TOOL_NAMES, type AgentPhase } from '#domain/tool'
import type { AgentTools, ToolCallResult } from '#ports'
import { askLeave } from './ask-leave.ts'
import { performCall } from './call-step.ts'
import { createRate } from './rate.ts'
import type { ToolGatewayDependencies, ToolHost } from './tool-host.ts'
import { TOOLS } from './tools/all-tools.ts'
import { waitsForLeave, weighWithPeople } from './ask-people.ts'
import { nestsTooDeep, type Desk } from './weigh.ts'

/** The tools of every run; `bind` gives them to one. */
export interface ToolGateway {
  bind(host: ToolHost): AgentTools
}

/** Makes the gateway of an installation. */
export function createToolGateway(dependencies: ToolGatewayDependencies): ToolGateway {
  return { bind: (host) => bind(dependencies, host) }
}

function bind(dependencies: ToolGatewayDependencies, host: ToolHost): AgentTools {
  // A transform is the platform's own loop over as many files as its rule finds; only models run away.
  const desk: Desk = { dependencies, host, rate: host.task.agent.kind === 'transform' ? undefined : createRate() }
  return {
    declarations: (phase) => declarationsOf(phase, host.task),
    call: async (request, { phase, key }) => {
      const args: Json = nestsTooDeep(request.arguments) ? null : request.arguments
      const intent = { key, kind: 'tool_call', request: { tool: request.name, arguments: args, phase } } as const
      const call = { request, phase, key }
      // Policy decides before the intent is written and the decision is written with it; a replay decides nothing.
      const asked = host.journal.recorded(key) ? undefined : await weighWithPeople(desk, call)
      if (asked?.wanted !== undefined) return waitsForLeave(call, asked.wanted)
      const weighed = asked?.weighed
      const decision = weighed?.recorded
      const value = await host.journal.perform({ ...intent, ...(decision !== undefined && { decision }) }, (step) =>
        performCall(desk, call, weighed, step),
      )
      // What is on record under this key is what `performCall` put there.
      return value as unknown as ToolCallResult
    },
    leave: (request, at) => askLeave(desk, { request, ...at }),
  }
}

/** What is open in a phase and granted to the task; the rest is not even offered. */
function declarationsOf(phase: AgentPhase, task: ToolHost['task']): readonly ToolDeclaration[] {
  return PHASE_TOOLS[phase].filter((name) => grantsTool(task, name)).map((name) => declare(name))
}

const declare = (name: (typeof TOOL_NAMES)[number]): ToolDeclaration => {
  const { description, input_schema } = TOOLS[name]
  return { name, description, input_schema }
}

/** Hash of every declaration and tool version: one of the twelve versions. */
export const TOOL_SCHEMA_VERSION: string = createHash('sha256')
  .update(canonicalJson(TOOL_NAMES.map((name) => ({ ...declare(name), version: TOOLS[name].version }))))
  .digest('hex')
