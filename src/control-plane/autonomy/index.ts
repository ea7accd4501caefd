/**
 * Autonomy: decides how far a task may reach (the lowest of its caps) and who decides when a gate says no in it, and
 * moves task classes through the phases of the rollout by what their runs showed. Owns the reader of
 * GANDER_HOME/workflow.yaml.
 */
export { createAutonomy } from './create-autonomy.ts'
export { readWorkflow } from './read-workflow.ts'
