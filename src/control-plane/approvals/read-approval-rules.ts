import { readDocument, shownProblems } from '#documents'
import { ok, refuse, type Result } from '#domain/result'
import * as z from 'zod'

/** Who may say yes. */
export interface ApprovalRules {
  /** True: nobody approves what they asked for themselves. Absent: false, as one person alone must be able to work. */
  readonly another_person: boolean
}

const schema = z.strictObject({
  another_person: z
    .boolean()
    .default(false)
    .describe('True: the requester of a run may not approve what it asks for. Absent: false.'),
})

/** Reads the YAML of approvals.yaml; undefined is an installation without that file. */
export function readApprovalRules(
  source: string | undefined,
): Result<ApprovalRules, { readonly code: 'approval_rules_invalid'; readonly message: string }> {
  if (source === undefined) return ok({ another_person: false })
  const read = readDocument(source, schema)
  if (read.ok) return ok(read.value)
  return refuse({ code: 'approval_rules_invalid', message: `approvals.yaml: ${shownProblems(read.refusal)}` })
}
