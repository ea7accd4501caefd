import { parsePath } from '#domain/path'
import { ok, refuse, type Result } from '#domain/result'
import type { FileRefusal } from '#ports'
import type { Problem } from './tool.ts'

/** A path of a file as a model gave it; nothing on disk is asked before this has said yes. */
export function filePath(text: string): Result<string, Problem> {
  const parsed = parsePath(text)
  return parsed.ok ? ok(text) : refuse({ ...parsed.refusal, status: 'refused' })
}

/** A path of a folder; absent, empty and `.` are the root, which is `''`; one slash at the end is no matter. */
export function folderPath(text: string | undefined): Result<string, Problem> {
  if (text === undefined || text === '' || text === '.' || text === './' || text === '/workspace') return ok('')
  return filePath(text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text)
}

const GUARDS: readonly FileRefusal['rule'][] = [
  'path.invalid',
  'path.symlink',
  'path.hardlink',
  'path.not_regular',
  'file.not_permitted',
]

/** What the file guard said, as the problem of a call. */
export const fileProblem = ({ rule, message }: FileRefusal): Problem => ({
  rule,
  message,
  status: GUARDS.includes(rule) ? 'refused' : 'error',
})
