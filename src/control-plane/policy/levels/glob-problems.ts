import type { PolicyDocument } from '#domain/policy'
import { readGlob } from '../glob.ts'
import { POLICY_LIMITS } from './policy-schema.ts'

/** Globs that can't be read, or that would be slow to match. */
export function globProblems(document: PolicyDocument): readonly string[] {
  const globs = [
    ...document.paths.flatMap(({ rule, paths, except }) => [...paths, ...except].map((glob) => ({ rule, glob }))),
    ...document.approvals.flatMap(({ rule, paths }) => paths.map((glob) => ({ rule, glob }))),
    ...(document.verification ?? []).flatMap(({ rule, paths = [] }) => paths.map((glob) => ({ rule, glob }))),
  ]
  return [...globs.flatMap(({ rule, glob }) => problemOf(rule, glob)), ...twice(document)]
}

function problemOf(rule: string, glob: string): readonly string[] {
  const shown = JSON.stringify(glob)
  if (glob.startsWith('!'))
    return [`${rule}: ${shown} begins with !, which would close everything else; write the paths in \`except\``]
  if ((glob.match(/\*+|\?|\{/g)?.length ?? 0) > POLICY_LIMITS.wildcards)
    return [`${rule}: ${shown} has more than ${POLICY_LIMITS.wildcards} wildcards and braces`]
  try {
    readGlob(glob)
    return []
  } catch {
    return [`${rule}: ${shown} is no glob of repository paths, such as infra/prod/** or **/*.tf`]
  }
}

/** Decisions name rules, so two rules of a level can't have one name. */
function twice(document: PolicyDocument): readonly string[] {
  const seen = new Set<string>()
  const rules = [
    ...document.paths,
    ...document.actions,
    ...document.tools,
    ...document.commands,
    ...document.capabilities,
    ...document.change_classes,
    ...document.approvals,
    ...(document.verification ?? []),
  ]
  return rules.flatMap(({ rule }) => {
    const known = seen.has(rule)
    seen.add(rule)
    return known ? [`the rule ${rule} is given twice`] : []
  })
}
