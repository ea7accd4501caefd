import { TOOL_NAMES, type ToolName } from '#domain/tool'
import type { Tool } from '../tool.ts'
import { finish, reportBlocked } from './end-turn.ts'
import { fileApplyPatch } from './file-apply-patch.ts'
import { fileEdit } from './file-edit.ts'
import { fileList } from './file-list.ts'
import { fileRead } from './file-read.ts'
import { fileSearch } from './file-search.ts'
import { fileWrite } from './file-write.ts'
import { gitDiff, gitStatus } from './git-change.ts'
import { shellExec } from './shell-exec.ts'
import { submitPlan } from './submit-plan.ts'
import { verify } from './verify.ts'

/** Every tool by its name on the wire. */
export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  file_read: fileRead,
  file_list: fileList,
  file_search: fileSearch,
  file_write: fileWrite,
  file_edit: fileEdit,
  file_apply_patch: fileApplyPatch,
  shell_exec: shellExec,
  git_status: gitStatus,
  git_diff: gitDiff,
  submit_plan: submitPlan,
  verify,
  finish,
  report_blocked: reportBlocked,
}

/** The tool of a name a model used; undefined where there is none. */
export function toolNamed(name: string): Tool | undefined {
  const known = TOOL_NAMES.find((entry) => entry === name)
  return known === undefined ? undefined : TOOLS[known]
}
