/**
 * The judge: a model reads contract, diff and reports against a rubric and says pass or fail with references to what it
 * was shown; on appeal a second model looks once more, and what they disagree on is a person's. It holds changes back and
 * never lets one through that a deterministic gate refused; where it cannot be asked or does not keep to its form, it is
 * unavailable. Owns the rubrics, its prompt, the canonical order of its material and the form of its answer.
 */
export { appeal, appealIn, wantsPerson, type AppealAnswer } from './appeal.ts'
export { judge, type JudgeRequest } from './judge.ts'
export type { JudgeReport } from './judgement.ts'
export { notRequired } from './not-required.ts'
export { RUBRIC_VERSION } from './rubric.ts'
