/**
 * The review of any change: what checks find first, what a model finds after them, at most six findings on changed lines,
 * each with what must hold, what does not, what follows and what to do. Advice only: a review holds nothing up by itself.
 */
export { askReviewer } from './ask-reviewer.ts'
export { reviewChange } from './review-change.ts'
