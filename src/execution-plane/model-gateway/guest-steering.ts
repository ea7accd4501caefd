/** Used shares of the tightest budget at which a model is told, once each. */
export const STEERING_MARKS: readonly number[] = [0.8, 0.9, 0.95, 0.99]

/** What a guest's model is told at the end of its last message; undefined where no mark above `told` was reached. */
export function steeringAt(pressure: number, told: number): string | undefined {
  const mark = markAt(pressure)
  if (mark <= told) return undefined
  return `<budget>${Math.round(mark * 100)} % of this run's budget is used. ${ADVICE[String(mark)] ?? ''}</budget>`
}

/** The highest mark that was reached; 0 below the first. */
export const markAt = (pressure: number): number => STEERING_MARKS.findLast((each) => pressure >= each) ?? 0

/** What a model is told when more was cut out of its request than before. */
export const cutNotice = (count: number, kinds: readonly string[]): string =>
  `<redaction>${count} ${count === 1 ? 'passage' : 'passages'} (${kinds.join(', ')}) were cut out of this conversation before it was sent on, because they look like secrets. They read [redacted:KIND]. The files still hold what they held: do not write a mark back in place of a value.</redaction>`

const ADVICE: Readonly<Record<string, string>> = {
  '0.8': 'Finish what is essential and start nothing new.',
  '0.9': 'Bring the change to a state that builds and passes its tests.',
  '0.95': 'Stop exploring. Make the last necessary edit and end your turn with a summary.',
  '0.99': 'Further requests will be refused. End your turn now with a summary of what is done and what is not.',
}
