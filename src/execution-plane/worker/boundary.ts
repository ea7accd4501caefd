import { diffStat } from '#domain/change'
import { redactionEvents } from '#domain/event'
import { lets, type Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import type { CapturedTree } from '#ports'
import { checkChange } from '#execution-plane/patch'
import { askForPaths } from './approval-gate-acts.ts'
import { gateAnswered, keep, need, type Ending, type Execution } from './execution.ts'
import { lockfileProblems, withLockfiles } from './lockfile-gate.ts'
import { underPolicy } from './under-policy.ts'

/** Captures what the agent leaves as one tree; what git cannot hold is named and judged by a gate. */
export async function captureProposal(execution: Execution, round: number): Promise<CapturedTree> {
  const { journal, found } = execution
  const captured = await journal.perform(
    { key: `capture:${round}`, kind: 'workspace', request: { round } },
    async () => {
      const { tree, refused } = await need(execution, 'workspace').checkpoint()
      const value = { tree, refused: refused.map((entry) => ({ ...entry })) }
      return { value, tree, events: [{ event: 'tree_checkpointed', facts: { tree, files: refused.length } }] }
    },
  )
  const repository = need(execution, 'repository')
  found.change = await repository.diff(repository.source.tree, captured.tree)
  return captured
}

/** The gates that look at the change alone. A failure here ends the run whatever a model says. */
export async function checkBoundary(
  execution: Execution,
  captured: CapturedTree,
  round: number,
): Promise<Ending | undefined> {
  const { parts, run, task, journal, found } = execution
  const proposal = need(execution, 'change')
  if (proposal.files.length === 0 && captured.refused.length === 0) return nothingChanged(found.summary)
  await parts.run_policy?.refresh()
  const request = { tree: captured.tree, policy: parts.policy.version }
  const key = underPolicy(execution, `gate:boundary:${round}`)
  const waits = journal.recorded(key) ? undefined : await askForPaths(execution, captured.tree, round)
  if (waits !== undefined) return waits
  const value = await journal.perform({ key, kind: 'gate', request }, async () => {
    const checked = await checkChange({
      task,
      run_id: run.id,
      state: 'verifying',
      change: proposal,
      refused: captured.refused,
      repository: need(execution, 'repository'),
      policy: parts.policy,
      redactor: parts.redactor,
    })
    const verdicts = withLockfiles(checked, await lockfileProblems(execution))
    const redacted = await parts.redactor.redact(proposal.patch)
    const patch = await keep(execution, 'patch', 'change.patch', redacted.text)
    const secret = verdicts.some((verdict) => verdict.gate === 'secrets' && verdict.answer === 'fail')
    const incident = secret
      ? [{ event: 'incident_opened' as const, facts: { kind: 'secret_in_diff', where: captured.tree } }]
      : []
    const events = [...verdicts.map(gateAnswered), ...redactionEvents('patch', redacted), ...incident]
    return { value: { verdicts, patch: patch.sha256 } as unknown as Json, events, artifacts: [patch] }
  })
  // On record under this key are the verdicts that were put there.
  const { verdicts, patch } = value as unknown as { verdicts: readonly Verdict[]; patch: string }
  found.patch_sha256 = patch
  for (const verdict of verdicts) found.verdicts.set(verdict.gate, verdict)
  return violation(verdicts, diffStat(proposal.files).files)
}

function nothingChanged(summary: string): Ending {
  const what = 'The agent finished without changing anything.'
  return { kind: 'end', state: 'needs_human', failure: 'nothing_changed', what, why: summary }
}

function violation(verdicts: readonly Verdict[], files: number): Ending | undefined {
  const failed = verdicts.filter((verdict) => !lets(verdict))
  if (failed.length === 0) return undefined
  const findings = failed.flatMap((verdict) => verdict.findings.filter((finding) => finding.severity === 'error'))
  const named = findings
    .slice(0, 5)
    .map((finding) => (finding.path === undefined ? finding.message : `${finding.path}: ${finding.message}`))
  const what = `The change of ${files} files was stopped at the ${failed.map((verdict) => verdict.gate).join(', ')} gate.`
  const why = named.length > 0 ? named.join('; ') : failed.map((verdict) => verdict.reason).join('; ')
  return { kind: 'end', state: 'blocked_policy', failure: 'policy_violation', what, why }
}
