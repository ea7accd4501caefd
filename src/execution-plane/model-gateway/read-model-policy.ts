import { createHash } from 'node:crypto'
import { readDocument, shownProblems } from '#documents'
import type { ModelPolicy } from '#domain/model-policy'
import { ok, refuse, type Result } from '#domain/result'
import { modelPolicySchema } from './model-policy-schema.ts'

/** Why no policy came of a file. */
interface PolicyRefusal {
  readonly code: 'model_policy_invalid'
  readonly message: string
}

/** Reads a policy's YAML; the refusal names each wrong field with its line. */
export function readModelPolicy(source: string, origin: string): Result<ModelPolicy, PolicyRefusal> {
  const read = readDocument(source, modelPolicySchema)
  if (!read.ok) return refuse({ code: 'model_policy_invalid', message: `${origin}: ${shownProblems(read.refusal)}` })
  const version = createHash('sha256').update(JSON.stringify(read.value)).digest('hex')
  return ok({ version, rules: read.value.model_policy })
}
