import type { RunDetails } from '#api/contract'
import type { RunView } from '#ports'

/** A run as the API shows it: paths of the server's disk stay there, long lists have addresses of their own. */
export const runDetails = (view: RunView): RunDetails => ({
  run: view.run,
  task: view.task,
  limits: view.limits,
  use: view.use,
  created_at: view.created_at,
  updated_at: view.updated_at,
  pull_request: view.pull_request ?? null,
  pull_request_text: view.pull_request_text ?? null,
  approvals: view.approvals ?? [],
  incidents: view.incidents ?? [],
})
