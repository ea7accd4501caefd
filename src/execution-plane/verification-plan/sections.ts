/** What came of a manifest that says how tests are run as well as what a program needs. */
export type Sections =
  /** The change leaves how tests are run as it was. */
  | { readonly kind: 'same' }
  /** The proposed manifest with the testing sections of the base commit. */
  | { readonly kind: 'put_back'; readonly content: string }
  /** They were changed and cannot be told from the rest. */
  | { readonly kind: 'kept'; readonly why: string }
