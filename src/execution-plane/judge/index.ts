/**
 * The judge: a model reads contract, diff and reports against a rubric and says pass or fail with references to what it
 * was shown. It holds changes back and never lets one through that a deterministic gate refused; where it cannot be
 * asked or does not keep to its form, it is unavailable. Owns the rubric, its prompt and the form of its answer.
 */
export { judge, type JudgeRequest } from './judge.ts'
export type { JudgeReport } from './judgement.ts'
export { notRequired } from './not-required.ts'
export { RUBRIC_VERSION } from './rubric.ts'
