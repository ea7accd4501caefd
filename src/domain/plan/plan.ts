/** One observable step of a plan. */
export interface PlanStep {
  readonly id: string
  readonly action: string
  readonly target: string
  readonly expected_evidence: string
}

/** What an agent intends to do, made before the first edit; an artifact of its run. */
export interface Plan {
  readonly objective: string
  readonly assumptions: readonly string[]
  readonly constraints: readonly string[]
  readonly steps: readonly PlanStep[]
  /** Commands or checks that will prove the change. */
  readonly verification: readonly string[]
  readonly forbidden: readonly string[]
  readonly risk: 'low' | 'medium' | 'high'
}
