import { diffStat, type Change } from '#domain/change'
import type { RunView } from '#ports'

const waitedFor = ({ approvals = [] }: RunView, id: string) => approvals.find((approval) => approval.id === id)

/** What `--json` prints as the last line: one object whose fields are a contract with scripts. */
export function outcomeJson(view: RunView, change: Change | undefined): object {
  const { run, task, use, limits } = view
  return {
    run_id: run.id,
    state: run.state,
    pull_request: view.pull_request === undefined ? null : { ...view.pull_request, ...view.pull_request_text },
    packet: view.packet ?? null,
    tree: run.facts.tree,
    mode: run.mode,
    title: task.title,
    repository: task.repository,
    base_commit: run.facts.base_sha,
    branch: run.facts.branch,
    change: change === undefined ? null : diffStat(change.files),
    gates: run.facts.gates,
    incidents: view.incidents ?? [],
    diagnosis: 'diagnosis' in run ? run.diagnosis : null,
    approval: run.state === 'awaiting_approval' ? (waitedFor(view, run.approval) ?? null) : null,
    pause: run.state === 'paused' ? { reason: run.reason, explanation: run.explanation } : null,
    use: { cost_usd: use.cost_usd, steps: use.steps, tokens: use.tokens, active_seconds: use.active_ms / 1000 },
    limits,
  }
}
