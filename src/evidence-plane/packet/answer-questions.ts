import { boundaryLines, boundarySummary, lets } from '#domain/gate'
import type { Question, RunEvidence } from '#domain/packet'
import { shownCommand, strengthLeftOut, strengthShown, type PhaseReport } from '#domain/verification'

type Answers = Readonly<Record<Question, readonly string[]>>

/** Says in words what the evidence shows, one short sentence a line. */
export function answerQuestions(evidence: RunEvidence): Answers {
  return {
    what_was_asked: whatWasAsked(evidence),
    what_scope_was_agreed: whatScope(evidence),
    what_changed: whatChanged(evidence),
    why_it_is_right: whyRight(evidence),
    what_proves_it: whatProves(evidence),
    what_risk_is_left: whatRisk(evidence),
    who_approved: whoApproved(evidence),
    what_was_not_done: whatNotDone(evidence),
    how_to_roll_back: howToRollBack(evidence),
    where_the_trace_is: [
      `Run ${evidence.run_id}: ${evidence.steps.length} recorded steps, ${evidence.artifacts.length} artifacts by content hash.`,
      `\`gander show ${evidence.run_id}\` and \`gander artifacts ${evidence.run_id}\` open it.`,
    ],
  }
}

function whatWasAsked({ task }: RunEvidence): readonly string[] {
  return [
    task.title,
    ...task.success_criteria.map((criterion) => `Criterion (${criterion.origin}): ${criterion.text}`),
    `Requested by ${task.requester}.`,
  ]
}

function whatScope({ task, base }: RunEvidence): readonly string[] {
  const { scope } = task
  const list = (paths: readonly string[], none: string) => (paths.length === 0 ? none : paths.join(', '))
  return [
    `Allowed paths: ${list(scope.allowed_paths, 'any that is not protected')}. Forbidden: ${list(scope.forbidden_paths, 'the protected files')}.`,
    `At most ${scope.max_changed_files} files and ${scope.max_diff_lines} changed lines; mode ${task.mode}.`,
    ...task.constraints.map((constraint) => `Constraint: ${constraint}`),
    ...(base === null ? [] : [`Base commit ${base.commit} (${base.ref}) of ${base.repository}.`]),
  ]
}

function whatChanged({ change, head }: RunEvidence): readonly string[] {
  if (change.files.length === 0) return ['No file was changed.']
  const { files, added, deleted } = change.stat
  const lines = change.files.map(
    (file) => `${file.kind}: ${file.path} (+${file.added_lines ?? 'binary'} -${file.deleted_lines ?? 'binary'})`,
  )
  const tree =
    head === null ? [] : [`Proposed tree ${head.tree}${head.commit === null ? '' : `, commit ${head.commit}`}.`]
  return [`${files} files, +${added} -${deleted}.`, ...lines, ...tree]
}

function whyRight({ reproduction, verification, judgement }: RunEvidence): readonly string[] {
  const lines: string[] = []
  if (reproduction !== null) lines.push(`Before the change: ${reproduction.status} (${reproduction.reason}).`)
  const fixed = verification.delta?.fixed ?? []
  if (fixed.length > 0) lines.push(`Failed on the base commit and pass now: ${fixed.join(', ')}.`)
  const added = verification.delta?.added ?? []
  if (added.length > 0) lines.push(`New tests: ${added.join(', ')}.`)
  if (judgement !== null)
    lines.push(`Judge (a model, never overruling a check): ${judgement.verdict}, confidence ${judgement.confidence}.`)
  return lines.length > 0 ? lines : ['Nothing on record shows that it is right; treat it as unproved.']
}

function whatProves({ verification, verdicts, boundary, strength }: RunEvidence): readonly string[] {
  const phases = (verification.after?.phases ?? []).map(phaseLine)
  const gates = verdicts.map((verdict) => `Gate ${verdict.gate}: ${verdict.answer} (${verdict.reason})`)
  const checked = boundary === undefined ? [] : [boundarySummary(boundary), ...boundaryLines(boundary)]
  const from = verification.before?.reused_from
  const reused = from === undefined ? [] : [`The base commit was verified by run ${from}; its report is reused.`]
  const planned = strength === undefined ? [] : strengthShown(strength)
  const lines = [...phases, ...reused, ...gates, ...planned, ...checked]
  return lines.length > 0 ? lines : ['No verification ran.']
}

function phaseLine(phase: PhaseReport): string {
  const passed = phase.tests.filter((test) => test.outcome === 'passed').length
  const tests = phase.tests.length > 0 ? `, ${passed} of ${phase.tests.length} tests passed` : ''
  return `\`${shownCommand(phase)}\`: ${phase.outcome}${tests}${phase.not_run_reason === undefined ? '' : ` (${phase.not_run_reason})`}`
}

/** What the platform read, and what the agent said, told apart. */
function riskRead({ risk, plan }: Pick<RunEvidence, 'risk' | 'plan'>): readonly string[] {
  const of_plan = `Risk by plan: ${plan?.risk ?? 'not stated'}.`
  if (risk === undefined) return [of_plan]
  const reasons = risk.reasons.map(({ reason, tier }) => `${reason} (${tier})`)
  return [
    `Risk ${risk.tier} by the rules of the platform${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}.`,
    of_plan,
  ]
}

function whatRisk({
  verification,
  judgement,
  verdicts,
  incidents,
  boundary,
  context_flags = [],
  ...evidence
}: RunEvidence): readonly string[] {
  const warnings = verdicts.flatMap((verdict) => verdict.findings).filter((finding) => finding.severity === 'warning')
  const standing = verification.delta?.pre_existing ?? []
  const lines = [
    ...riskRead(evidence),
    ...warnings.map((finding) => `${finding.path ?? ''} ${finding.message}`.trim()),
    ...incidents.map(incidentLine),
    ...context_flags,
    ...(boundary?.attention ?? []),
    ...(judgement?.required_human_attention ?? []),
    ...(standing.length > 0 ? [`Failed before and still fail: ${standing.join(', ')}.`] : []),
    ...(verification.failures ?? [])
      .filter(({ kind, origin }) => kind === 'test' && (origin === 'flaky' || origin === 'infrastructure'))
      .map(({ id, origin, reason }) => `${id} failed and is not laid to the change (${origin}): ${reason}.`),
  ]
  // The judge's remarks are findings of its gate as well.
  return [...new Set(lines)]
}

const incidentLine = ({ kind, where, is_confirmed }: RunEvidence['incidents'][number]): string =>
  `Incident: ${is_confirmed ? 'a secret' : 'what looks like a secret'} (${kind}) turned up in ${where} and was cut out; whoever owns it should change it.`

function whoApproved({ verdicts, task, risk }: RunEvidence): readonly string[] {
  const people = verdicts.filter((verdict) => verdict.decided_by === 'person')
  const named = people.map((verdict) => `${verdict.gate}: ${verdict.reason}`)
  const merge =
    task.mode === 'draft_pr'
      ? 'The pull request is a draft: a person reviews and merges it.'
      : 'Nothing is merged by the platform.'
  const kinds = (risk?.required_approvals ?? []).map((kind) => kind.replaceAll('_', ' '))
  const owed = kinds.length === 0 ? [] : [`Before a merge the risk asks for: ${kinds.join(', ')}.`]
  return [...(named.length > 0 ? named : ['No person approved anything yet.']), ...owed, merge]
}

function whatNotDone({ outcome, verification, verdicts, plan, strength }: RunEvidence): readonly string[] {
  const notRun = (verification.after?.phases ?? []).filter((phase) => phase.outcome === 'not_run')
  const failed = verdicts.filter((verdict) => !lets(verdict))
  return [
    ...(outcome.diagnosis === null
      ? []
      : [`${outcome.diagnosis.what} ${outcome.diagnosis.why} Next: ${outcome.diagnosis.next}`]),
    ...notRun.map((phase) => `${phase.id} was not run: ${phase.not_run_reason ?? 'no reason recorded'}.`),
    ...failed.map((verdict) => `Gate ${verdict.gate} did not pass: ${verdict.reason}`),
    ...(strength === undefined ? [] : strengthLeftOut(strength)),
    ...(plan?.forbidden ?? []).map((entry) => `Kept away from: ${entry}`),
    'Nothing was merged, released or deployed.',
  ]
}

function howToRollBack({ head, task }: RunEvidence): readonly string[] {
  if (head === null || head.branch === null) return ['Nothing left the machine; there is nothing to roll back.']
  return task.mode === 'draft_pr'
    ? [
        'Close the pull request and delete its branch. After a merge: `git revert` of the merge; the change is one commit.',
      ]
    : [`Delete the branch ${head.branch}; the change is one commit.`]
}
