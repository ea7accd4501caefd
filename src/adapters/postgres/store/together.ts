import { setImmediate as nextTurn } from 'node:timers/promises'
import { isGanderError } from '#domain/failure'

/** How parts of one kind go to the database. */
export interface Together<Part, Answer> {
  /** Sends parts in one statement, with an answer for each in order; what it throws took all of them back. */
  readonly send: (parts: readonly Part[], lane: string) => Promise<readonly Answer[]>
  /** Two parts with the same subject never share a statement and go in order. Absent: they may. */
  readonly subject?: (part: Part) => string
  /** About how many characters a part has; absent: few. */
  readonly weight?: (part: Part) => number
}

/** Hands in a part; parts of one lane share statements. */
export type Joining<Part, Answer> = (lane: string, part: Part) => Promise<Answer>

/** The most parts and characters in one statement; more would make those that come after them wait. */
const MOST = 200
const MOST_CHARACTERS = 1_000_000

interface Waiting<Part, Answer> {
  readonly part: Part
  readonly answer: PromiseWithResolvers<Answer>
}

/**
 * Group commit. A lane has one statement under way; whatever is handed in meanwhile, or in the same turn of the event
 * loop, goes together in the next. Nobody waits for company. Where the database refuses a statement of several parts, each
 * is sent again alone and has its own answer or error; where the connection broke, nobody knows and everybody is told.
 */
export function goTogether<Part, Answer>(kind: Together<Part, Answer>): Joining<Part, Answer> {
  const lanes = new Map<string, Waiting<Part, Answer>[]>()
  const serve = async (lane: string, waiting: Waiting<Part, Answer>[]): Promise<void> => {
    while (waiting.length > 0) {
      // Those whose answers came with the last statement ask for more before the next one leaves.
      await nextTurn()
      await answerAll(kind, lane, takeBatch(kind, waiting))
    }
    lanes.delete(lane)
  }
  return (lane, part) => {
    const answer = Promise.withResolvers<Answer>()
    const waiting = lanes.get(lane)
    if (waiting !== undefined) waiting.push({ part, answer })
    else {
      const opened = [{ part, answer }]
      lanes.set(lane, opened)
      void serve(lane, opened)
    }
    return answer.promise
  }
}

/** Takes what may go together from the front, and leaves the rest in order. */
function takeBatch<Part, Answer>(
  { subject, weight }: Together<Part, Answer>,
  waiting: Waiting<Part, Answer>[],
): readonly Waiting<Part, Answer>[] {
  const subjects = new Set<string>()
  const batch: Waiting<Part, Answer>[] = []
  const left: Waiting<Part, Answer>[] = []
  let characters = 0
  for (const each of waiting) {
    const about = subject?.(each.part)
    characters += weight?.(each.part) ?? 0
    const full = batch.length === MOST || (batch.length > 0 && characters > MOST_CHARACTERS)
    if (full || (about !== undefined && subjects.has(about))) left.push(each)
    else batch.push(each)
    if (about !== undefined) subjects.add(about)
  }
  waiting.splice(0, waiting.length, ...left)
  return batch
}

/** Settles every part; never rejects. */
async function answerAll<Part, Answer>(
  kind: Together<Part, Answer>,
  lane: string,
  batch: readonly Waiting<Part, Answer>[],
): Promise<void> {
  try {
    const parts = batch.map(({ part }) => part)
    const answers = await kind.send(parts, lane)
    batch.forEach(({ answer }, index) => answer.resolve(answers[index] as Answer))
  } catch (error) {
    const alone = batch.length > 1 && wasRefused(error)
    await Promise.all(
      batch.map((each) => (alone ? answerAll(kind, lane, [each]) : Promise.resolve(each.answer.reject(error)))),
    )
  }
}

/** True where the server answered and took the statement back; a broken or ending connection leaves that open. */
const wasRefused = (error: unknown): boolean => {
  const code = isGanderError(error) ? error.facts['sqlstate'] : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^(08|25|53|57)/.test(code)
}
