import { agent_runs } from './routes/agent-run-contract.ts'
import { budgets, operations, switches } from './routes/control-contract.ts'
import { artifacts } from './routes/artifact-contract.ts'
import { audit, retention } from './routes/audit-contract.ts'
import { gates } from './routes/calibration-contract.ts'
import { approvals, autonomy, capabilities } from './routes/governed-contract.ts'
import { principals, sign_in } from './routes/identity-contract.ts'
import { memory } from './routes/memory-contract.ts'
import { policies } from './routes/policy-contract.ts'
import { provenance, repositories, tenants } from './routes/record-contract.ts'
import { replays } from './routes/replay-contract.ts'
import { runs } from './routes/run-contract.ts'
import { tasks } from './routes/task-contract.ts'

/** The one contract: server, clients and documents are made from it. */
export const contract = {
  tasks,
  agent_runs,
  runs,
  artifacts,
  replays,
  approvals,
  provenance,
  repositories,
  capabilities,
  policies,
  autonomy,
  gates,
  memory,
  switches,
  operations,
  budgets,
  audit,
  retention,
  principals,
  tenants,
  sign_in,
}
