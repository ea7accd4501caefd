import { foldPath, parsePath } from '#domain/path'
import type { ApprovalFacts, RequiredApproval } from '#domain/policy'
import type { ApprovalKind } from '#domain/risk'
import { changeClassesOf } from './change-classes.ts'
import { names, type CompiledLevel } from './compile-level.ts'

type Rule = CompiledLevel['approvals'][number]

/**
 * Who must agree to a change: every rule of every level that speaks of it, joined by kind with the largest quorum. Change
 * classes that paths tell are found here; others come with the facts.
 */
export function requiredApprovals(levels: readonly CompiledLevel[], facts: ApprovalFacts): readonly RequiredApproval[] {
  const folded = facts.paths.map(foldedOrOdd)
  const classes = [...new Set([...facts.change_classes, ...changeClassesOf(folded)])]
  const found = new Map<ApprovalKind, RequiredApproval>()
  for (const { document, approvals } of levels)
    for (const rule of approvals.filter((each) => matches(each, { ...facts, change_classes: classes }, folded)))
      for (const kind of rule.kinds) {
        const known = found.get(kind)
        found.set(kind, {
          kind,
          quorum: Math.max(rule.quorum, known?.quorum ?? 1),
          asked_by: [...(known?.asked_by ?? []), { policy: document.name, rule: rule.rule, why: rule.why }],
        })
      }
  return [...found.values()]
}

function matches(rule: Rule, facts: ApprovalFacts, folded: readonly string[]): boolean {
  const { paths, change_classes, actions, domains } = rule
  const isAboutAll = [paths, change_classes, actions, domains].every((list) => list.length === 0)
  return (
    isAboutAll ||
    folded.some((path) => paths.some((glob) => path === ODD || glob.covers(path))) ||
    facts.change_classes.some((name) => names({ names: change_classes }, name)) ||
    facts.actions.some((name) => names({ names: actions }, name)) ||
    facts.domains.some((name) => names({ names: domains }, name.toLowerCase()))
  )
}

/** A path nothing safe can be said about counts as one that every rule speaks of. */
const ODD = '\0'

function foldedOrOdd(path: string): string {
  const parsed = parsePath(path)
  return (parsed.ok ? foldPath(parsed.value)?.join('/') : undefined) ?? ODD
}
