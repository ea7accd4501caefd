import type { Feature } from './features.ts'

/** How much each feature counts. Fitted by `bench/localise.ts --write`; a file's score is the sum of features times weights. */
export const WEIGHTS: Readonly<Record<Feature, number>> = {
  test: -1.03,
  package_entry: 0.06,
  aside: -0.53,
  no_code: -0.56,
  content: 1.1,
  identifiers: 1.28,
  best_function: 1.04,
  second_function: 1.23,
  file_name: 0.82,
  folder_name: 0.63,
  defines: 0.72,
  named_path: 0.7,
  past_change: 0.92,
  changed_often: 0.62,
}
