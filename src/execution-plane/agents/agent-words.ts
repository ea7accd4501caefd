import type { AgentPhase } from '#domain/tool'

// What the platform says to a model between its turns: part of the prompt contract, whose version is in the context room.

const WAY_OUT: Readonly<Record<AgentPhase, string>> = {
  planning: 'submit_plan, or report_blocked when it cannot be planned',
  editing: 'finish when the work is done, or report_blocked when it cannot be',
  repairing: 'finish when it is mended, or report_blocked when it cannot be',
}

/** After an answer without a tool call. */
export const callATool = (phase: AgentPhase): string =>
  `Nothing happens without a tool call. Go on with one: the next step of the work, or ${WAY_OUT[phase]}.`

/** After an answer that hit the output limit. */
export const cutOff = (tokens: number): string =>
  `Your answer was cut off at ${tokens} tokens and nothing of it was carried out. Go on with smaller pieces: short text, one tool call a turn, a large file in several edits.`

/** The one nudge a phase gets before it is ended. */
export const nudge = (circle: string, phase: AgentPhase): string =>
  `You are going in a circle: ${circle}. Try something different: read the message again, look at another file, take another approach; or ${WAY_OUT[phase]}. If it goes on, the run ends here.`

/** Said when the gateway cut more out of the conversation than before. */
export const cutOut = (count: number, kinds: readonly string[]): string =>
  `${count} ${count === 1 ? 'passage' : 'passages'} (${kinds.join(', ')}) of this conversation were cut out on the way to you, because they look like secrets; they read [redacted:KIND]. The files still hold what they held: do not write such a mark back in place of a value.`

/** Said once at each mark of the tightest budget, with what the mark asks for. */
export const wrapUp = (share: number, phase: AgentPhase): string => {
  const used = `${percent(share)} of this run's budget is used.`
  if (share >= 0.99) return `${used} Hardly another call fits. Call now: ${WAY_OUT[phase]}.`
  if (share >= 0.95) return `${used} Stop exploring; your next call should be ${WAY_OUT[phase]}.`
  if (share >= 0.9) return `${used} Bring the work to a state that holds, with nothing new, then ${WAY_OUT[phase]}.`
  return `${used} Finish what is essential and start nothing new; then ${WAY_OUT[phase]}.`
}

/** The answer to calls that came after the one that ended the phase, or to more calls than a turn may hold. */
export const notExecuted = (why: string): string => `Not executed: ${why}.`

const percent = (share: number): string => `${Math.floor(Math.min(share, 1) * 100)} %`
