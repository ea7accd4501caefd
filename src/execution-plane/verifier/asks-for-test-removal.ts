import type { Task } from '#domain/task'

const WORDS =
  /\b(?:remov|delet|drop|retir|obsolet)\w*\b[^.\n]{0,80}\b(?:tests?|specs?|test cases?)\b|\b(?:tests?|specs?)\b[^.\n]{0,60}\b(?:(?:is|are|be|been|gets?)\s+)?(?:removed|deleted|dropped|retired)\b/i
const FORBIDDEN =
  /\b(?:no|not|never|without|don't|mustn't|any)\b[^.\n]{0,40}\b(?:remov|delet|drop)|\b(?:remov|delet|drop)\w*\s+no\b/i

/** True when a criterion of the task says in so many words that tests are to go. */
export const asksForTestRemoval = (task: Pick<Task, 'success_criteria'>): boolean =>
  task.success_criteria.some(
    ({ text }) =>
      WORDS.test(text) && !FORBIDDEN.test(text) && !/\b(?:tests?|specs?)\b.{0,40}\b(?:not|never)\b/i.test(text),
  )
