import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import { meetCaps, POLICY_LEVELS, type EffectivePolicy, type PolicyDocument } from '#domain/policy'
import { ok, refuse, type Result } from '#domain/result'
import type { PolicyEngine } from '#ports'
import { PLATFORM_RULES } from '../platform-rules.ts'
import { appliesTo, compileLevel, type CompiledLevel } from './compile-level.ts'

/** The policy of one repository, ready to be asked. */
export interface CompiledPolicy {
  readonly effective: EffectivePolicy
  readonly levels: readonly CompiledLevel[]
}

/** Hash of the platform's own rules, and of what levels add to them. */
export function policyVersion(documents: readonly PolicyDocument[]): string {
  const said = documents.length === 0 ? PLATFORM_RULES : { rules: PLATFORM_RULES, documents }
  return createHash('sha256').update(canonicalJson(said)).digest('hex')
}

/** Compiles each level. Problems are of the document that is named with them. */
export function compileLevels(
  documents: readonly PolicyDocument[],
  engine: PolicyEngine | undefined,
): Result<readonly CompiledLevel[], readonly string[]> {
  const problems: string[] = []
  const levels = documents.flatMap((document) => {
    const compiled = compileLevel(document, engine)
    if (!compiled.ok) problems.push(...compiled.refusal.map((problem) => `${document.name}: ${problem}`))
    return compiled.ok ? [compiled.value] : []
  })
  return problems.length > 0 ? refuse(problems) : ok(levels)
}

/** The levels that speak of a repository, from the widest to the narrowest. The same document twice is one. */
export function policyFor(levels: readonly CompiledLevel[], repository: string): CompiledPolicy {
  const seen = new Set<string>()
  const own = levels
    .filter(({ document }) => appliesTo(document, repository))
    .filter(({ document }) => {
      const key = canonicalJson(document)
      return seen.has(key) ? false : seen.add(key) !== undefined
    })
    .sort((a, b) => POLICY_LEVELS.indexOf(a.document.level) - POLICY_LEVELS.indexOf(b.document.level))
  const documents = own.map(({ document }) => document)
  return { effective: { version: policyVersion(documents), documents, caps: meetCaps(documents) }, levels: own }
}
