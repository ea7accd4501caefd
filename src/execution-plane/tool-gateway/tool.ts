import { z } from 'zod'
import type { EventDraft } from '#domain/event'
import type { Json, JsonObject } from '#domain/json'
import type { Plan, PlanDefect } from '#domain/plan'
import { ok, refuse, type Result } from '#domain/result'
import type { AgentPhase, ToolName } from '#domain/tool'
import type { PolicyDecision, RunArtifact, ToolControl, WorkspaceFiles } from '#ports'
import type { ToolHost } from './tool-host.ts'

/** Why a call did not do what was asked; `message` says what is allowed instead. */
export interface Problem {
  /** Stable name of the rule, such as `path.symlink` or `arguments.invalid`. */
  readonly rule: string
  readonly message: string
  /** `refused`: it was not allowed. `error`: it was allowed and could not be done. */
  readonly status: 'refused' | 'error'
}

/** One file as a tool left it; null where it does not exist on that side. */
export interface ChangedFile {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

/** What an act of a tool came to. */
export interface ToolRun {
  /** For the model, before redaction and clipping. */
  readonly text: string
  readonly problem?: Problem
  readonly control?: ToolControl
  readonly events?: readonly EventDraft[]
  readonly artifacts?: readonly RunArtifact[]
  /** Files that were changed; `unknown` where only the checkpoint can tell. Absent: none. */
  readonly changed?: readonly ChangedFile[] | 'unknown'
  readonly exit_code?: number | null
}

/** What a tool may use while it works on one call. */
export interface ToolContext {
  readonly host: ToolHost
  readonly phase: AgentPhase
  readonly files: WorkspaceFiles
  /** Cuts secrets out; what it found is recorded with the call. */
  redact(text: string): Promise<string>
  /** Redacts text, stores it and gives the reference that belongs into `artifacts`. */
  keep(kind: string, name: string, text: string): Promise<RunArtifact>
  /** What policy says about a changed path, unrecorded: for warnings and plans. */
  aboutPath(path: string): PolicyDecision
  checkPlan(plan: Plan): readonly PlanDefect[]
}

/** A call that was understood: what it touches, for policy, and the act itself. */
export interface PreparedCall {
  /** Repository paths that are read or written. */
  readonly paths: readonly string[]
  readonly argv?: readonly string[]
  /** Computed by the tool from bytes, never taken from the arguments. */
  readonly facts?: JsonObject
  act(): Promise<ToolRun>
}

/** A capability of agents, with its arguments checked by a schema. */
export interface Tool {
  readonly name: ToolName
  /** Changes with what the tool does; recorded with every call. */
  readonly version: string
  readonly description: string
  readonly input_schema: { readonly [key: string]: Json }
  /** The act is ended after this time; a shell command's own limit is shorter. */
  readonly timeout_ms: number
  readonly calls_per_minute: number
  prepare(args: Json, context: ToolContext): Promise<Result<PreparedCall, Problem>>
}

interface ToolDefinition<Schema extends z.ZodObject> {
  readonly name: ToolName
  readonly version: string
  readonly description: string
  readonly schema: Schema
  readonly timeout_ms?: number
  readonly calls_per_minute?: number
  prepare(args: z.output<Schema>, context: ToolContext): Promise<Result<PreparedCall, Problem>>
}

/** Makes a tool of its definition; arguments that don't fit the schema never reach it. */
export function defineTool<Schema extends z.ZodObject>(definition: ToolDefinition<Schema>): Tool {
  const { name, version, description, schema } = definition
  return {
    name,
    version,
    description,
    input_schema: leanSchema(z.toJSONSchema(schema, { io: 'input' }) as Json) as { readonly [key: string]: Json },
    timeout_ms: definition.timeout_ms ?? 30_000,
    calls_per_minute: definition.calls_per_minute ?? 600,
    prepare: async (args, context) => {
      const parsed = schema.safeParse(withoutNulls(args))
      if (parsed.success) return definition.prepare(parsed.data, context)
      return refuse(invalid(`${name}: ${complaint(parsed.error, args)}. Arguments: ${signature(schema)}`))
    },
  }
}

// Checked all the same, and answered with the arguments there are; on the wire they would be a third of the size.
const UNSENT = new Set([
  '$schema',
  'maxLength',
  'minLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'pattern',
  'format',
  'additionalProperties',
])

function leanSchema(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(leanSchema)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !UNSENT.has(key) || typeof value === 'object')
      .map(([key, value]) => [key, leanSchema(value)]),
  )
}

/** Some providers fill optional arguments with null; that means absent. */
function withoutNulls(args: Json): Json {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null))
}

function complaint(error: z.ZodError, args: Json): string {
  if (typeof args !== 'object' || args === null || Array.isArray(args))
    return `the arguments must be a JSON object, but are ${args === null ? 'null' : Array.isArray(args) ? 'a list' : `a ${typeof args}`}`
  return error.issues
    .slice(0, 4)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ')
    .slice(0, 600)
}

function signature(schema: z.ZodObject): string {
  const fields = Object.entries(schema.shape).map(([key, field]) => (field instanceof z.ZodOptional ? `${key}?` : key))
  return `{${fields.join(', ')}}`
}

/** A problem with the arguments themselves. */
export const invalid = (message: string): Problem => ({ rule: 'arguments.invalid', message, status: 'error' })

/** Something that was allowed and did not work. */
export const failure = (rule: string, message: string): Problem => ({ rule, message, status: 'error' })

/** What was prepared, as the result it is. */
export const prepared = (call: PreparedCall): Result<PreparedCall, Problem> => ok(call)

/** A write that can't succeed is still put to policy before it is answered, so that every attempt is on record. */
export const hopeless = (paths: readonly string[], problem: Problem): Result<PreparedCall, Problem> =>
  ok({ paths, facts: { content_class: 'text' }, act: async () => failedRun(problem) })

/** The outcome of an act that ran into a problem. */
export const failedRun = (problem: Problem): ToolRun => ({ text: problem.message, problem })
