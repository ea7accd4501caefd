import type { Feature } from './features.ts'

/** How much each feature counts. Fitted by `bench/fit-localisation.ts`; a file's score is the sum of features times weights. */
export const WEIGHTS: Readonly<Record<Feature, number>> = {
  test: -1.5,
  package_entry: 0.2,
  aside: -0.8,
  no_code: -1.5,
  content: 1.2,
  identifiers: 1.6,
  best_function: 1.2,
  second_function: 0.8,
  file_name: 1.2,
  folder_name: 1,
  defines: 1.2,
  named_path: 1,
  past_change: 1,
  changed_often: 0.6,
}
