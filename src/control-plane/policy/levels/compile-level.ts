import type { ApprovalRule, NameRule, PathRule, PolicyDocument, VerificationRule } from '#domain/policy'
import { ok, refuse, type Result } from '#domain/result'
import type { PolicyEngine, PreparedForbids } from '#ports'
import { globOf, type PathGlob } from '../glob.ts'

/** A path rule whose globs are read. */
interface CompiledPathRule extends Omit<PathRule, 'paths' | 'except'> {
  readonly paths: readonly PathGlob[]
  readonly except: readonly PathGlob[]
}

/** One level, ready to be asked. */
export interface CompiledLevel {
  readonly document: PolicyDocument
  readonly paths: readonly CompiledPathRule[]
  readonly approvals: readonly (Omit<ApprovalRule, 'paths'> & { readonly paths: readonly PathGlob[] })[]
  readonly verification: readonly (Omit<VerificationRule, 'paths'> & { readonly paths: readonly PathGlob[] })[]
  readonly forbids: PreparedForbids | null
}

/** Compiles a document. Cedar text without an engine that reads it is a problem, never a policy less. */
export function compileLevel(
  document: PolicyDocument,
  engine: PolicyEngine | undefined,
): Result<CompiledLevel, readonly string[]> {
  const forbids =
    document.cedar === null || document.cedar.trim() === '' ? ok(null) : prepareCedar(document.cedar, engine)
  if (!forbids.ok) return refuse(forbids.refusal.map((problem) => `cedar, ${problem}`))
  return ok({
    document,
    paths: document.paths.map((rule) => ({
      ...rule,
      paths: rule.paths.map(globOf),
      except: rule.except.map(globOf),
    })),
    approvals: document.approvals.map((rule) => ({ ...rule, paths: rule.paths.map(globOf) })),
    verification: (document.verification ?? []).map((rule) => ({ ...rule, paths: (rule.paths ?? []).map(globOf) })),
    forbids: forbids.value,
  })
}

const prepareCedar = (text: string, engine: PolicyEngine | undefined): Result<PreparedForbids, readonly string[]> =>
  engine === undefined ? refuse(['there is no engine here that reads Cedar']) : engine.prepare(text)

/** True when a rule names this; a last `*` stands for any ending. */
export const names = ({ names: wanted }: Pick<NameRule, 'names'>, name: string): boolean =>
  wanted.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name))

/** True when a document speaks of a repository; `*` stands for any text, and without a pattern it always does. */
export const appliesTo = ({ applies_to }: Pick<PolicyDocument, 'applies_to'>, repository: string): boolean =>
  applies_to.length === 0 || applies_to.some((pattern) => isLike(pattern.toLowerCase(), repository.toLowerCase()))

/** Whether a text is a pattern, where `*` stands for any text. Without a regular expression, so that none can be slow. */
export function isLike(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  if (!text.startsWith(first)) return false
  if (rest.length === 0) return text === first
  let at = first.length
  for (const part of rest.slice(0, -1)) {
    const found = text.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  const last = rest.at(-1) ?? ''
  return text.length - last.length >= at && text.endsWith(last)
}
