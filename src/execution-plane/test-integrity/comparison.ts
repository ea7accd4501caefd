import type { ChangedText } from './changed-text.ts'
import type { MatchedCases } from './match-cases.ts'
import type { ProductEvidence } from './product-evidence.ts'

/** Everything a comparison of tests may ask. */
export interface Comparison {
  readonly matched: MatchedCases
  readonly product: ProductEvidence
  /** Words that test cases gained, over all changed files. */
  readonly gained: ReadonlyMap<string, number>
  /** Texts of checks that tests gained. */
  readonly moved: ReadonlySet<string>
  /** Those of them that test cases gained, and not only what stands beside them, where no runner looks. */
  readonly taken: ReadonlySet<string>
  readonly files: readonly ChangedText[]
}
