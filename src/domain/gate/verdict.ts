/** A gate asks one question about a run and answers with evidence. */
export type GateName =
  | 'intake'
  | 'plan'
  | 'boundary'
  | 'protected_files'
  | 'secrets'
  | 'special_files'
  | 'dependencies'
  | 'test_integrity'
  | 'verification'
  | 'red_green'
  | 'test_strength'
  | 'judge'
  | 'approval'
  | 'publication'

/** `not_required` is an answer only where a profile's rule, named in `reason`, asks for none. */
export type GateAnswer = 'pass' | 'fail' | 'unavailable' | 'not_required'

/** One thing a gate found, tied to a place. */
export interface Finding {
  readonly rule: string
  readonly message: string
  readonly path?: string
  /** 1-based line in the proposed tree. */
  readonly line?: number
  readonly severity: 'error' | 'warning'
}

/** A gate's answer with the rule that gave it and references to the artifacts that show why. */
export interface Verdict {
  readonly gate: GateName
  readonly answer: GateAnswer
  /** Deterministic answers are never overruled by a model. */
  readonly decided_by: 'deterministic' | 'model' | 'person'
  readonly reason: string
  readonly findings: readonly Finding[]
  /** sha256 hashes of artifacts. */
  readonly evidence: readonly string[]
}

/** True when the gate lets the run go on. */
export const lets = (verdict: Verdict): boolean => verdict.answer === 'pass' || verdict.answer === 'not_required'
