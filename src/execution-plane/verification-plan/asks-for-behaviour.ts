import type { Task } from '#domain/task'

/** Words by which people ask for behaviour that tests may hold otherwise. */
const OTHER =
  /\b(?:chang|renam|replac|remov|drop|delet|deprecat|switch|migrat|redesign|redefin|rework|invert|revert|rais|lower|increas|decreas|limit|require|reject|forbid|disallow|allow|support|introduc|add)\w*\b|\b(?:instead of|no longer|rather than|from now on|by default|must now|should now|new (?:default|behaviou?r|format|message))\b/i
const TESTS_TOO =
  /\b(?:tests?|specs?|expectations?|snapshots?|assertions?)\b[^.\n]{0,60}\b(?:updat|adapt|adjust|chang|rewrit|replac)\w*|\b(?:updat|adapt|adjust|chang|rewrit|replac)\w*[^.\n]{0,60}\b(?:tests?|specs?|expectations?|snapshots?|assertions?)\b/i
/** Words by which they ask that nothing of it moves. */
const SAME =
  /\b(?:keep|preserv|without (?:chang|alter|touch)|(?:do|must|should|may|does|is|are|to)(?: not|n't)\s+(?:be\s+)?(?:chang|alter|touch|modif|edit|weaken|break))\w*\b[^.\n]{0,60}\b(?:tests?|behaviou?r|expectations?|assertions?)\b|\b(?:tests?|behaviou?r|expectations?|assertions?)\b[^.\n]{0,40}\b(?:unchanged|untouched|as (?:it is|they are)|stay|must pass|must not|may not)\b|\brefactor/i

/**
 * True when a task asks, in so many words, for behaviour that an existing test may rightly hold otherwise, or for those
 * tests to be adapted. A task that mends a fault asks for it only where it says so of the tests: what passes on the base
 * commit is not the fault.
 */
export function asksForOtherBehaviour(
  task: Pick<Task, 'title' | 'objective' | 'success_criteria' | 'constraints' | 'is_fix'>,
): boolean {
  const asked = [task.title, task.objective, ...task.success_criteria.map(({ text }) => text)].join('\n')
  if (SAME.test([asked, ...task.constraints].join('\n'))) return false
  return TESTS_TOO.test(asked) || (!task.is_fix && OTHER.test(asked))
}
