import type { RunState } from '../run/index.ts'

/** Every tool an agent can be offered, by its name on the wire. */
export const TOOL_NAMES = [
  'file_read',
  'file_list',
  'file_search',
  'file_write',
  'file_edit',
  'file_apply_patch',
  'shell_exec',
  'git_status',
  'git_diff',
  'submit_plan',
  'verify',
  'finish',
  'report_blocked',
] as const

export type ToolName = (typeof TOOL_NAMES)[number]

/** The phases in which an agent holds the turn. */
export type AgentPhase = Extract<RunState, 'planning' | 'editing' | 'repairing'>

/** The dotted action a policy is asked about, one for each tool. */
export const TOOL_ACTIONS: Readonly<Record<ToolName, string>> = {
  file_read: 'file.read',
  file_list: 'file.list',
  file_search: 'file.search',
  file_write: 'file.write',
  file_edit: 'file.write',
  file_apply_patch: 'file.write',
  shell_exec: 'shell.exec',
  git_status: 'git.status',
  git_diff: 'git.diff',
  submit_plan: 'plan.submit',
  verify: 'verifier.run',
  finish: 'run.finish',
  report_blocked: 'run.report_blocked',
}

const READING: readonly ToolName[] = ['file_read', 'file_list', 'file_search', 'git_status', 'git_diff']
const WRITING: readonly ToolName[] = ['file_write', 'file_edit', 'file_apply_patch', 'shell_exec', 'verify', 'finish']

/** Which tool is open when. Planning reads; editing and repairing write and run commands inside the sandbox. */
export const PHASE_TOOLS: Readonly<Record<AgentPhase, readonly ToolName[]>> = {
  planning: [...READING, 'submit_plan', 'report_blocked'],
  editing: [...READING, ...WRITING, 'report_blocked'],
  repairing: [...READING, ...WRITING, 'report_blocked'],
}

/** True when the tool may leave the tree different from how it found it. */
export const mayChangeTree = (tool: ToolName): boolean =>
  tool === 'file_write' || tool === 'file_edit' || tool === 'file_apply_patch' || tool === 'shell_exec'
