import type { Feature } from './features.ts'
import type { FunctionFeature } from './function-scores.ts'

/** How much each feature counts. Fitted by `bench/localise.ts --write`; a file's score is the sum of features times weights. */
export const WEIGHTS: Readonly<Record<Feature, number>> = {
  test: -1.58,
  package_entry: -0.26,
  aside: -0.5,
  no_code: -0.57,
  main_language: 0.39,
  content: 1.03,
  identifiers: 0.93,
  best_function: 1.18,
  second_function: 1.28,
  file_name: 0.71,
  folder_name: 0.69,
  function_name: 0.89,
  defines: 0.71,
  title_defines: 0.63,
  qualified: 0.23,
  message: 0.56,
  named_path: 0.3,
  past_change: 1.12,
  changed_often: 0.16,
}

/** The same of the functions of one file, fitted in the same way to the functions that fixes changed. */
export const FUNCTION_WEIGHTS: Readonly<Record<FunctionFeature, number>> = {
  body: 2.53,
  title: 1.05,
  named: 1,
  qualified: 0.52,
  in_trace: 0.23,
  container: -1.46,
}
