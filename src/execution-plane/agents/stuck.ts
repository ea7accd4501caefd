import { canonicalJson } from '#domain/json'
import type { ToolAnswer, ToolRequest } from '#domain/conversation'

/** One thing an agent did, as far as it matters for telling whether it goes in circles. */
interface Deed {
  readonly call: string
  readonly result: string
  readonly is_error: boolean
}

/** Watches an agent's deeds in one phase and names the circle it is in, if it is in one. */
export interface StuckWatch {
  did(request: ToolRequest, answer: ToolAnswer): void
  /** A turn without a tool call, or one that was cut off. */
  talked(): void
  circle(): string | undefined
}

const SAME = 4
const SAME_ERROR = 3
const MONOLOGUE = 3
const ALTERNATING = 6

/** Circles: same call and result 4×, same error 3×, no tool call 3×, two deeds alternating over 6. */
export function watchForCircles(): StuckWatch {
  const deeds: Deed[] = []
  let silent = 0
  return {
    did(request, answer) {
      silent = 0
      const call = `${request.name} ${canonicalJson(request.arguments)}`
      deeds.push({ call, result: withoutTimes(answer.text), is_error: answer.is_error })
      if (deeds.length > ALTERNATING) deeds.shift()
    },
    talked() {
      silent += 1
      deeds.length = 0
    },
    circle() {
      if (silent >= MONOLOGUE) return `${silent} answers in a row without a tool call`
      if (last(SAME, (deed, first) => equal(deed, first))) return `the same call with the same result ${SAME} times`
      if (last(SAME_ERROR, (deed, first) => deed.is_error && deed.result === first.result))
        return `the same error ${SAME_ERROR} times`
      return alternates(deeds) ? `two calls taking turns over ${ALTERNATING} calls` : undefined
    },
  }

  function last(count: number, like: (deed: Deed, first: Deed) => boolean): boolean {
    const tail = deeds.slice(-count)
    const [first] = tail
    return first !== undefined && tail.length === count && tail.every((deed) => like(deed, first))
  }
}

function alternates(deeds: readonly Deed[]): boolean {
  const tail = deeds.slice(-ALTERNATING)
  const [first, second] = tail
  if (first === undefined || second === undefined || tail.length < ALTERNATING || equal(first, second)) return false
  return tail.every((deed, index) => equal(deed, index % 2 === 0 ? first : second))
}

const equal = (left: Deed, right: Deed): boolean => left.call === right.call && left.result === right.result

/** Durations differ from call to call although nothing else does. */
const withoutTimes = (text: string): string => text.replaceAll(/\d+(\.\d+)?\s?(ms|s|sec|seconds?|minutes?)\b/g, '#')
