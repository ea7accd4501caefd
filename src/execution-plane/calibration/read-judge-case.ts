import { z } from 'zod'
import { readDocument, shownProblems } from '#documents'
import type { Change, FileChange } from '#domain/change'
import { ok, refuse, type Result } from '#domain/result'

/** The checks by which a change of the set must fail. */
export const CASE_CHECKS = ['intent_alignment', 'scope_control', 'test_evidence', 'unrelated_change'] as const

const ids = z.array(z.string()).default([])
const schema = z
  .strictObject({
    name: z.string().min(1),
    language: z.string(),
    /** What is wrong with it, in a word; `honest` where nothing is. */
    kind: z.string(),
    expected: z.enum(['pass', 'fail']),
    /** The check that must fail. */
    fails_by: z.enum(CASE_CHECKS).optional(),
    task: z.strictObject({
      title: z.string(),
      objective: z.string(),
      criteria: z.array(z.string()).min(1),
      constraints: z.array(z.string()).default([]),
      allowed_paths: z.array(z.string()).default([]),
    }),
    tests: z.strictObject({ fixed: ids, added: ids, removed: ids, newly_skipped: ids }).partial().default({}),
    summary: z.string(),
    diff: z.string().startsWith('diff --git '),
  })
  .refine(({ expected, fails_by }) => (expected === 'fail') === (fails_by !== undefined), {
    message: 'a case that must fail says by which check, and no other does',
  })

/** One change of the set, and what people say of it. */
export type JudgeCase = z.infer<typeof schema>

/** Reads a case of the set. */
export function readJudgeCase(source: string): Result<JudgeCase, string> {
  const read = readDocument(source, schema)
  return read.ok ? ok(read.value) : refuse(shownProblems(read.refusal))
}

/** The change that a unified diff tells of. */
export function changeIn(patch: string): Change {
  const parts = patch.split(/^(?=diff --git )/m).filter((part) => part.trim() !== '')
  return { base_tree: 'case', head_tree: 'case', patch, files: parts.map(fileIn) }
}

function fileIn(part: string): FileChange {
  const path = /^diff --git a\/(.*) b\//.exec(part)?.[1] ?? ''
  const isNew = /^new file mode/m.test(part)
  const isGone = /^deleted file mode/m.test(part)
  const count = (sign: RegExp) => part.match(sign)?.length ?? 0
  return {
    path,
    kind: isNew ? 'added' : isGone ? 'deleted' : 'modified',
    old_mode: isNew ? null : '100644',
    new_mode: isGone ? null : '100644',
    old_blob: null,
    new_blob: null,
    added_lines: count(/^\+(?!\+\+ )/gm),
    deleted_lines: count(/^-(?!-- )/gm),
  }
}
