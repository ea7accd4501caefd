import { agent_runs } from './routes/agent-run-contract.ts'
import { principals, sign_in } from './routes/identity-contract.ts'
import { provenance, repositories, tenants } from './routes/record-contract.ts'
import { runs } from './routes/run-contract.ts'
import { tasks } from './routes/task-contract.ts'

/** The one contract: server, clients and documents are made from it. */
export const contract = { tasks, agent_runs, runs, provenance, repositories, principals, tenants, sign_in }
