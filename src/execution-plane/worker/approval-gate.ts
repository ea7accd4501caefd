import { stillMissing, type Approval, type ApprovalRequirement } from '#domain/approval'
import { approvalsToPublish } from '#domain/autonomy'
import type { Verdict } from '#domain/gate'
import { answerTo, askPeople, takenUp } from './approval-question.ts'
import { previewOf } from './approval-preview.ts'
import { gateAnswered, need, type Ending, type Execution } from './execution.ts'

const KEY = 'gate:approval'
const CODEOWNERS = ['.github/CODEOWNERS', 'CODEOWNERS', 'docs/CODEOWNERS', '.gitlab/CODEOWNERS'] as const
const MOST_BYTES = 1_000_000
const MOST_SUBJECTS = 200

/**
 * The gate before anything leaves the platform: whoever must agree to this tree has. Rules and roles are read anew each
 * time the run comes here, until the one use of the answer is on record.
 */
export async function approvalGate(execution: Execution): Promise<Ending | undefined> {
  const { journal, found } = execution
  const tree = need(execution, 'change').head_tree
  const request = { tree }
  if (journal.recorded(KEY)) {
    const known = await journal.perform({ key: KEY, kind: 'gate', request }, () =>
      Promise.reject(new Error('is on record')),
    )
    // On record under this key is the verdict that was put there below.
    found.verdicts.set('approval', known as unknown as Verdict)
    return undefined
  }
  const requirements = await required(execution)
  const agreed = requirements.length === 0 ? undefined : await agreement(execution, requirements, tree)
  if (agreed !== undefined && 'ending' in agreed) return agreed.ending
  const verdict = agreed === undefined ? NOT_REQUIRED : passed(agreed.approval, execution.task.requester)
  await journal.perform({ key: KEY, kind: 'gate', request }, async () => ({
    value: verdict as unknown as { readonly [field: string]: string },
    events: [...(agreed === undefined ? [] : takenUp(agreed.approval).events), gateAnswered(verdict)],
  }))
  found.verdicts.set('approval', verdict)
  return undefined
}

const NOT_REQUIRED: Verdict = {
  gate: 'approval',
  answer: 'not_required',
  decided_by: 'deterministic',
  reason: 'no rule asks for an approval of this change',
  findings: [],
  evidence: [],
}

/** What policy, risk and capability ask for, resolved to people by the rules of the installation. */
async function required(execution: Execution): Promise<readonly ApprovalRequirement[]> {
  const { parts, task, run, found } = execution
  const paths = need(execution, 'change').files.map(({ path }) => path)
  const action = run.mode === 'draft_pr' ? 'pull_request.open' : 'branch.push'
  const by_policy = parts.run_policy?.requiredApprovals({
    paths,
    change_classes: [],
    actions: ['branch.push', action],
    domains: found.risk?.facts.domains ?? [],
  })
  const by_risk = found.risk === undefined ? [] : approvalsToPublish(found.risk, run.mode)
  const by_capability = run.mode === 'draft_pr' ? (task.grant?.approvals ?? []) : []
  const wish = {
    task,
    paths,
    codeowners: await codeowners(execution),
    required: [
      ...(by_policy ?? []).map(({ kind, quorum, asked_by }) => ({
        kind,
        quorum,
        why: asked_by.map(({ policy, rule }) => `${policy}: ${rule}`).join(', '),
      })),
      ...by_risk.map((each) => ({ ...each, why: `risk ${found.risk?.tier ?? 'unknown'}` })),
      ...by_capability.map(({ kind }) => ({ kind, quorum: 1, why: `capability ${task.grant?.id ?? ''}` })),
    ],
  }
  if (parts.approval_rules !== undefined) return parts.approval_rules.forPublication(wish)
  return wish.required.map((each) => ({ ...each, approvers: [], four_eyes: false }))
}

async function codeowners(execution: Execution): Promise<string | undefined> {
  const repository = need(execution, 'repository')
  for (const path of CODEOWNERS) {
    const bytes = await repository.readFile(repository.source.tree, path)
    if (bytes !== undefined) return new TextDecoder().decode(bytes.subarray(0, MOST_BYTES))
  }
  return undefined
}

type Agreement = { readonly ending: Ending } | { readonly approval: Approval }

/** The people's answer about this tree; asked again where rules have come to want more than was given. */
async function agreement(
  execution: Execution,
  requirements: readonly ApprovalRequirement[],
  tree: string,
): Promise<Agreement> {
  const { parts, task, run } = execution
  const change = need(execution, 'change')
  const action = run.mode === 'draft_pr' ? 'pull_request.open' : 'branch.push'
  const subject = change.files
    .map(({ path }) => path)
    .slice(0, MOST_SUBJECTS)
    .sort()
  const question = { kind: 'publication', action, subject, tree } as const
  const given = await answerTo(execution, question)
  const now = given === undefined ? undefined : await parts.approval_rules?.stillGood({ ...given, requirements }, task)
  const enough = given !== undefined && (now?.ok ?? stillMissing(requirements, given.votes ?? []).length === 0)
  if (given !== undefined && enough) return { approval: given }
  const wanted = requirements.map(({ kind, quorum, why }) => `${quorum} × ${kind.replaceAll('_', ' ')} (${why})`)
  const reason = `The change of ${change.files.length} files may be published once these agree: ${wanted.join(', ')}.`
  const preview = previewOf(execution)
  return { ending: await askPeople(execution, { ...question, reason, requirements, preview, on_timeout: 'stop' }) }
}

function passed({ id, requirements = [], votes = [], decided_by }: Approval, requester: string): Verdict {
  const people = votes.length > 0 ? votes.map(({ by }) => by) : [decided_by ?? 'somebody']
  const kinds = requirements.map(({ kind, quorum }) => `${quorum} × ${kind.replaceAll('_', ' ')}`)
  const own = people.includes(requester) ? `; ${requester} asked for the run and approved it too` : ''
  const reason = `${people.join(' and ')} agreed (${kinds.join(', ')}) in ${id}${own}`
  return { gate: 'approval', answer: 'pass', decided_by: 'person', reason, findings: [], evidence: [] }
}
