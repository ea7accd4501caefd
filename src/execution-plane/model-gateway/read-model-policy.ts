import { createHash } from 'node:crypto'
import { LineCounter, parseDocument } from 'yaml'
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
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines })
  const invalid = (problems: readonly string[]): Result<ModelPolicy, PolicyRefusal> =>
    refuse({ code: 'model_policy_invalid', message: `${origin}: ${problems.slice(0, 5).join('; ')}` })
  if (document.errors.length > 0)
    return invalid(document.errors.map((error) => `line ${error.linePos?.[0].line ?? 1}: ${firstLine(error.message)}`))
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 20 })
  } catch (error) {
    return invalid([firstLine(String(error))])
  }
  const parsed = modelPolicySchema.safeParse(content ?? {})
  if (!parsed.success)
    return invalid(
      parsed.error.issues.map(({ path, message }) => {
        const field = path.length === 0 ? 'the policy' : path.map(String).join('.')
        return `line ${lineOf(document, path, lines)}: ${field}: ${message}`
      }),
    )
  const version = createHash('sha256').update(JSON.stringify(parsed.data)).digest('hex')
  return ok({ version, rules: parsed.data.model_policy })
}

function lineOf(document: ReturnType<typeof parseDocument>, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true)
    if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) continue
    return lines.linePos(Number(node.range[0])).line
  }
  return 1
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text
