/** What a verification may consist of: kinds of phases, rungs above unit tests, and the platform's own checks. */
export const CHECKS = [
  'format',
  'lint',
  'types',
  'compile',
  'focused_tests',
  'module_tests',
  'all_tests',
  'security',
  'integration',
  'contract',
  'property',
  'mutation',
  'changed_line_coverage',
  'base_tests',
  'diff_review',
] as const
export type Check = (typeof CHECKS)[number]
