/** From what must be mended before a merge to what only a person can answer. */
export type ReviewSeverity = 'blocker' | 'major' | 'minor' | 'nit' | 'question'

export type ReviewConfidence = 'high' | 'medium' | 'low'

/** One thing a reviewer should look at, tied to lines that the change touches. */
export interface ReviewFinding {
  readonly severity: ReviewSeverity
  readonly confidence: ReviewConfidence
  /** Path in the proposed tree; of a deleted file, in the base. */
  readonly file: string
  /** Changed lines of the proposed tree, 1-based and inclusive, such as `82-91`; null where it is about the file. */
  readonly lines: string | null
  /** What must hold and does not, in one sentence. */
  readonly invariant: string
  readonly issue: string
  readonly consequence: string
  readonly suggestion: string
  /** What shows it: a rule, a gate, a test, a quoted line. */
  readonly evidence: readonly string[]
  readonly found_by: 'check' | 'model'
  /** The rule of a check; `model` for what a model found. */
  readonly rule: string
  /** The same finding on the same text has the same one in every revision, wherever its lines have moved to. */
  readonly fingerprint: string
}

/** A finding as it is told: beside an earlier report, whether that one had it too. */
export interface ToldFinding extends ReviewFinding {
  readonly standing: 'new' | 'still_open'
}

/** A file that deserves a closer look, and why. */
export interface RiskyFile {
  readonly file: string
  readonly reasons: readonly string[]
}

/** How much of what a pull request owes its reviewer is there. */
export interface EvidenceCompleteness {
  readonly source: 'packet' | 'description' | 'none'
  readonly present: readonly string[]
  readonly missing: readonly string[]
}

/** What a review says of a change. */
export interface ReviewReport {
  readonly schema: 'gander.review/v1'
  readonly base: { readonly commit: string; readonly tree: string }
  readonly head: { readonly commit: string; readonly tree: string }
  /**
   * `merge_base`: `base` above is the commit that both come from, and `base_commit` is where the named base is now.
   * `trees`: the two trees as they are.
   */
  readonly compared: { readonly way: 'merge_base' | 'trees'; readonly base: string; readonly base_commit: string }
  readonly summary: {
    readonly text: string
    readonly files: number
    readonly added: number
    readonly deleted: number
    /** Changed files by what they are, such as `source: 3`. */
    readonly kinds: { readonly [kind: string]: number }
  }
  /** At most six, the weightiest first. */
  readonly findings: readonly ToldFinding[]
  /** What was found besides, by the reason it is not told. */
  readonly left_out: {
    readonly over_the_limit: number
    readonly off_the_change: number
    readonly of_low_weight: number
  }
  /** Fingerprints that an earlier report had and this change no longer shows. */
  readonly resolved: readonly string[]
  readonly risky_files: readonly RiskyFile[]
  readonly questions: readonly string[]
  readonly checklist: readonly { readonly item: string; readonly why: string }[]
  readonly evidence: EvidenceCompleteness
  /** Null where no model was asked; what it said is never counted as proof. */
  readonly model: {
    readonly name: string
    readonly outcome: 'answered' | 'unavailable'
    readonly reason: string
  } | null
}
