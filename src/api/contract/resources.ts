import { auditKeySchema, auditReportSchema, checkpointSchema } from './audit-resource.ts'
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
import {
  differenceSchema,
  policyReportSchema,
  policyTestSchema,
  policyWords,
  recordedSchema,
  replaySchema,
  shownSchema,
  signatureSchema,
  versionSchema,
} from './policy-resource.ts'
import { problemSchema } from './problem.ts'
import { originSchema } from './provenance-resource.ts'
import { agreementSchema, repositorySchema } from './repository-resource.ts'
import { holdSchema, rulesSchema, sweepSchema } from './retention-resource.ts'
import { memorySchema } from './memory-resource.ts'
import { gateStrengthSchema } from './calibration-resource.ts'
import { tenantLimitsSchema, tenantSchema } from './tenant-resource.ts'
import {
  approvalSchema,
  artifactSchema,
  decisionSchema,
  eventSchema,
  listedArtifactSchema,
  stepSchema,
} from './record-resources.ts'
import { runDetailsSchema, runOverviewSchema, runSchema } from './run-resource.ts'
import { submissionSchema } from './submission-resource.ts'
import { agentChoice, taskSchema } from './task-resource.ts'

/** What the documents name, so that each stands there once. */
export const RESOURCES = {
  ActivePolicy: activeBundleSchema,
  AgentChoice: agentChoice,
  Approval: approvalSchema,
  Artifact: artifactSchema,
  AuditKey: auditKeySchema,
  AuditReport: auditReportSchema,
  AuditHead: auditHeadSchema,
  Autonomy: autonomySchema,
  BudgetLimits: budgetLimits,
  BudgetUse: budgetUse,
  Capability: capabilitySchema,
  Change: changeSchema,
  ChangeOrigin: originSchema,
  Checkpoint: checkpointSchema,
  Decision: decisionSchema,
  Event: eventSchema,
  GateStrength: gateStrengthSchema,
  KillSwitch: switchSchema,
  LegalHold: holdSchema,
  ListedArtifact: listedArtifactSchema,
  Memory: memorySchema,
  Me: meSchema,
  OutcomeCost: outcomeCostSchema,
  PolicyActivation: activationSchema,
  PolicyBundle: bundleSchema,
  PolicyDifference: differenceSchema,
  PolicyReplay: replaySchema,
  PolicyReport: policyReportSchema,
  PolicyShown: shownSchema,
  PolicySignature: signatureSchema,
  PolicyTestOutcome: policyTestSchema,
  PolicyVersion: versionSchema,
  PolicyWords: policyWords,
  Principal: principalSchema,
  Problem: problemSchema,
  RecordedDecision: recordedSchema,
  Repository: repositorySchema,
  RepositoryAgreement: agreementSchema,
  RetentionRules: rulesSchema,
  RoleGrant: grantSchema,
  Run: runSchema,
  RunDetails: runDetailsSchema,
  RunOverview: runOverviewSchema,
  SchedulerPause: pauseSchema,
  ScopeBudget: scopeBudgetSchema,
  Step: stepSchema,
  SweepReport: sweepSchema,
  Task: taskSchema,
  TaskSubmission: submissionSchema,
  Tenant: tenantSchema,
  TenantLimits: tenantLimitsSchema,
  Token: tokenSchema,
  WaitingApproval: waitingSchema,
}
