import { z } from 'zod'
import { readDocument, shownProblems } from '#documents'
import { refuse, ok, type Result } from '#domain/result'
import type { HonestChange } from './calibrate-gates.ts'
import type { Sources } from './sabotage.ts'

const schema = z.strictObject({
  name: z.string().min(1),
  task: z.string().min(1),
  files: z.record(z.string(), z.string().nullable()),
})

/** Reads an honest change of the set; a file of null is taken away. */
export function readHonest(source: string): Result<HonestChange, string> {
  const read = readDocument(source, schema)
  if (!read.ok) return refuse(shownProblems(read.refusal))
  const edits = Object.entries(read.value.files).map(([path, content]) => ({ path, content }))
  return ok({ name: read.value.name, edits })
}

/** Honest changes of a repository that nobody wrote any for: a line of comment in files of its code. */
export function commentsIn(sources: Sources, most = 5): readonly HonestChange[] {
  return [...sources]
    .filter(([path]) => /\.(?:[cm]?[jt]sx?|java|go|rs)$/.test(path))
    .slice(0, most)
    .map(([path, text]) => ({
      name: `a comment in ${path}`,
      edits: [{ path, content: `${text.replace(/\n?$/, '\n')}// Read by people.\n` }],
    }))
}
