import { budgetLimits, budgetUse } from './budget-resource.ts'
import { changeSchema } from './change-resource.ts'
import { outcomeCostSchema, pauseSchema, scopeBudgetSchema, switchSchema } from './control-resources.ts'
import {
  activationSchema,
  activeBundleSchema,
  auditHeadSchema,
  autonomySchema,
  bundleSchema,
  capabilitySchema,
  waitingSchema,
} from './governed-resources.ts'
import { grantSchema, meSchema, principalSchema, tokenSchema } from './identity-resource.ts'
import { problemSchema } from './problem.ts'
import { originSchema } from './provenance-resource.ts'
import { agreementSchema, repositorySchema } from './repository-resource.ts'
import { tenantSchema } from './tenant-resource.ts'
import { approvalSchema, artifactSchema, decisionSchema, eventSchema, stepSchema } from './record-resources.ts'
import { runDetailsSchema, runOverviewSchema, runSchema } from './run-resource.ts'
import { submissionSchema } from './submission-resource.ts'
import { agentChoice, taskSchema } from './task-resource.ts'

/** What the documents name, so that each stands there once. */
export const RESOURCES = {
  ActivePolicy: activeBundleSchema,
  AgentChoice: agentChoice,
  Approval: approvalSchema,
  Artifact: artifactSchema,
  AuditHead: auditHeadSchema,
  Autonomy: autonomySchema,
  BudgetLimits: budgetLimits,
  BudgetUse: budgetUse,
  Capability: capabilitySchema,
  Change: changeSchema,
  ChangeOrigin: originSchema,
  Decision: decisionSchema,
  Event: eventSchema,
  KillSwitch: switchSchema,
  Me: meSchema,
  OutcomeCost: outcomeCostSchema,
  PolicyActivation: activationSchema,
  PolicyBundle: bundleSchema,
  Principal: principalSchema,
  Problem: problemSchema,
  Repository: repositorySchema,
  RepositoryAgreement: agreementSchema,
  RoleGrant: grantSchema,
  Run: runSchema,
  RunDetails: runDetailsSchema,
  RunOverview: runOverviewSchema,
  SchedulerPause: pauseSchema,
  ScopeBudget: scopeBudgetSchema,
  Step: stepSchema,
  Task: taskSchema,
  TaskSubmission: submissionSchema,
  Tenant: tenantSchema,
  Token: tokenSchema,
  WaitingApproval: waitingSchema,
}
