import { diffStat } from '#domain/change'
import { redactionEvents } from '#domain/event'
import { lets, type BoundaryReport, type Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import type { CapturedTree } from '#ports'
import { examineChange } from '#execution-plane/patch'
import { askForPaths } from './approval-gate-acts.ts'
import { dependencyGate, withLockfileProblems } from './dependency-gate.ts'
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
  const dependencies = await dependencyGate(execution, round)
  if ('ending' in dependencies) return dependencies.ending
  const value = await journal.perform({ key, kind: 'gate', request }, async () => {
    const examined = await examineChange({
      task,
      run_id: run.id,
      state: 'verifying',
      change: proposal,
      refused: captured.refused,
      repository: need(execution, 'repository'),
      policy: parts.policy,
      redactor: parts.redactor,
      dependencies,
    })
    const problems = await lockfileProblems(execution)
    const report = await reportOf(execution, { ...examined, checks: withLockfileProblems(examined.checks, problems) })
    const kept = await keep(execution, 'boundary_report', 'boundary-report.json', JSON.stringify(report))
    const verdicts = withLockfiles(examined.verdicts, problems).map((verdict) => ({
      ...verdict,
      evidence: [...verdict.evidence, kept.sha256],
    }))
    const redacted = await parts.redactor.redact(proposal.patch)
    const patch = await keep(execution, 'patch', 'change.patch', redacted.text)
    const secret = verdicts.some((verdict) => verdict.gate === 'secrets' && verdict.answer === 'fail')
    const incident = secret
      ? [{ event: 'incident_opened' as const, facts: { kind: 'secret_in_diff', where: captured.tree } }]
      : []
    const events = [...verdicts.map(gateAnswered), ...redactionEvents('patch', redacted), ...incident]
    const told = { verdicts, patch: patch.sha256, report }
    return { value: told as unknown as Json, events, artifacts: [patch, kept] }
  })
  // On record under this key is what was put there; by a version without the gate of dependencies it has no such verdict.
  const known = value as unknown as Judged
  found.patch_sha256 = known.patch
  if (known.report !== undefined) found.boundary = known.report
  const verdicts = known.verdicts.some(({ gate }) => gate === 'dependencies')
    ? known.verdicts
    : [...known.verdicts, dependencies.verdict]
  for (const verdict of verdicts) found.verdicts.set(verdict.gate, verdict)
  return violation(verdicts, diffStat(proposal.files).files)
}

interface Judged {
  readonly verdicts: readonly Verdict[]
  readonly patch: string
  readonly report?: BoundaryReport
}

/** The report with every text redacted: a path or a constraint may hold what nobody should read. */
async function reportOf(
  { parts, found }: Execution,
  { checks, attention }: Pick<BoundaryReport, 'checks' | 'attention'>,
): Promise<BoundaryReport> {
  const { base_tree = '', head_tree = '' } = found.change ?? {}
  const report: BoundaryReport = { schema: 'gander.boundary/v1', base_tree, head_tree, checks, attention }
  const { count } = await parts.redactor.redact(JSON.stringify(report))
  if (count === 0) return report
  const clean = async (text: string) => (await parts.redactor.redact(text)).text
  const cleaned = checks.map(async (check) => ({
    ...check,
    findings: await Promise.all(
      check.findings.map(async (finding) => ({
        ...finding,
        message: await clean(finding.message),
        ...(finding.path !== undefined && { path: await clean(finding.path) }),
      })),
    ),
  }))
  return { ...report, checks: await Promise.all(cleaned), attention: await Promise.all(attention.map(clean)) }
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
