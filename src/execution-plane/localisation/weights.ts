import type { Feature } from './features.ts'
import type { FunctionFeature } from './function-scores.ts'

/** How much each feature counts. Fitted by `bench/localise.ts --write`; a file's score is the sum of features times weights. */
export const WEIGHTS: Readonly<Record<Feature, number>> = {
  test: -1.18,
  package_entry: -0.21,
  aside: -0.43,
  no_code: -0.58,
  main_language: 0.49,
  content: 1,
  identifiers: 1.1,
  best_function: 1,
  second_function: 0.9,
  file_name: 0.7,
  folder_name: 0.5,
  function_name: 1,
  defines: 0.7,
  title_defines: 0.38,
  qualified: 0.3,
  message: 0.5,
  named_path: 0.5,
  past_change: 0.8,
  changed_often: 0.5,
}

/** The same of the functions of one file. */
export const FUNCTION_WEIGHTS: Readonly<Record<FunctionFeature, number>> = {
  body: 1,
  title: 1,
  name: 1,
  named: 1,
  qualified: 1,
  in_trace: 1,
  container: -0.3,
}
