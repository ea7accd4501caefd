import { budgetLimits, budgetUse } from './budget-resource.ts'
import { changeSchema } from './change-resource.ts'
import { problemSchema } from './problem.ts'
import { approvalSchema, artifactSchema, decisionSchema, eventSchema, stepSchema } from './record-resources.ts'
import { runDetailsSchema, runOverviewSchema, runSchema } from './run-resource.ts'
import { submissionSchema } from './submission-resource.ts'
import { agentChoice, taskSchema } from './task-resource.ts'

/** What the documents name, so that each stands there once. */
export const RESOURCES = {
  AgentChoice: agentChoice,
  Approval: approvalSchema,
  Artifact: artifactSchema,
  BudgetLimits: budgetLimits,
  BudgetUse: budgetUse,
  Change: changeSchema,
  Decision: decisionSchema,
  Event: eventSchema,
  Problem: problemSchema,
  Run: runSchema,
  RunDetails: runDetailsSchema,
  RunOverview: runOverviewSchema,
  Step: stepSchema,
  Task: taskSchema,
  TaskSubmission: submissionSchema,
}
