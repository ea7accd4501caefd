import { z } from 'zod'
import { readDocument, shownProblems } from '#documents'
import { ok, refuse, type Result } from '#domain/result'
import type { Asked, Edit, Sources } from '../sabotage.ts'

/** The repositories that come with the program and prove changes without installing anything. */
export const PROOF_PROJECTS = ['till', 'shelf'] as const

const edit = z.union([
  z.strictObject({ path: z.string().min(1), text: z.string().min(1) }),
  z.strictObject({ path: z.string().min(1), find: z.string().min(1), put: z.string() }),
])
const schema = z.strictObject({
  name: z.string().min(1),
  project: z.enum(PROOF_PROJECTS),
  /** `bent`: its tests were changed to fit what it broke. The others are honest as they are. */
  kind: z.enum(['fix', 'feature', 'bent']),
  title: z.string().min(1),
  objective: z.string().min(1),
  code: z.array(edit).min(1),
  tests: z.array(edit).min(1),
})

/** A change with the tests that prove it, told as code and tests apart. */
export type ProofChange = z.infer<typeof schema>

/** Reads a change of the set. */
export function readProof(source: string): Result<ProofChange, string> {
  const read = readDocument(source, schema)
  return read.ok ? ok(read.value) : refuse(shownProblems(read.refusal))
}

/** What it was asked for; who bends a test was asked to mend something. */
export const askedIn = ({ title, objective, kind }: ProofChange): Asked => ({
  title,
  objective,
  is_fix: kind !== 'feature',
})

/** Undefined where a file does not hold the text that is to be replaced, exactly once. */
export function editsIn(edits: ProofChange['code'], sources: Sources): readonly Edit[] | undefined {
  const texts = new Map<string, string>()
  for (const each of edits) {
    if ('text' in each) {
      texts.set(each.path, each.text)
      continue
    }
    const parts = (texts.get(each.path) ?? sources.get(each.path))?.split(each.find)
    if (parts?.length !== 2) return undefined
    texts.set(each.path, parts.join(each.put))
  }
  return [...texts].map(([path, content]) => ({ path, content }))
}
