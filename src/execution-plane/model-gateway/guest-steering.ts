/** Used shares of the tightest budget at which a model is told, once each. */
export const STEERING_MARKS: readonly number[] = [0.8, 0.9, 0.95, 0.99]

/** What a guest's model is told at the end of its last message; undefined below the first mark. */
export function steeringAt(pressure: number): string | undefined {
  const mark = STEERING_MARKS.findLast((each) => pressure >= each)
  if (mark === undefined) return undefined
  return `<budget>${Math.round(mark * 100)} % of this run's budget is used. ${ADVICE[String(mark)] ?? ''}</budget>`
}

const ADVICE: Readonly<Record<string, string>> = {
  '0.8': 'Finish what is essential and start nothing new.',
  '0.9': 'Bring the change to a state that builds and passes its tests.',
  '0.95': 'Stop exploring. Make the last necessary edit and end your turn with a summary.',
  '0.99': 'Further requests will be refused. End your turn now with a summary of what is done and what is not.',
}
