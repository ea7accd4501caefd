import { agentRunRoutes } from './agent-run-routes.ts'
import { artifactRoutes } from './artifact-routes.ts'
import { auditRoutes, retentionRoutes } from './audit-routes.ts'
import { gateRoutes } from './calibration-routes.ts'
import { budgetRoutes, operationRoutes, switchRoutes } from './control-routes.ts'
import { approvalRoutes, autonomyRoutes, capabilityRoutes } from './governed-routes.ts'
import { memoryRoutes } from './memory-routes.ts'
import { policyRoutes } from './policy-routes.ts'
import { principalRoutes } from './principal-routes.ts'
import { provenanceRoutes } from './provenance-routes.ts'
import { replayRoutes } from './replay-routes.ts'
import { repositoryRoutes } from './repository-routes.ts'
import { runRoutes } from './run-routes.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { taskRoutes } from './task-routes.ts'
import { tenantRoutes } from './tenant-routes.ts'

/** Every route of the contract with its handler. */
export const ROUTES = {
  tasks: taskRoutes,
  agent_runs: agentRunRoutes,
  runs: runRoutes,
  artifacts: artifactRoutes,
  replays: replayRoutes,
  approvals: approvalRoutes,
  provenance: provenanceRoutes,
  capabilities: capabilityRoutes,
  policies: policyRoutes,
  autonomy: autonomyRoutes,
  gates: gateRoutes,
  memory: memoryRoutes,
  switches: switchRoutes,
  operations: operationRoutes,
  budgets: budgetRoutes,
  audit: auditRoutes,
  retention: retentionRoutes,
  repositories: repositoryRoutes,
  principals: principalRoutes,
  tenants: tenantRoutes,
  sign_in: signInRoutes,
}
