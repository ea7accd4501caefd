/**
 * Agents decide what to try next on a tree, through tools only; what they leave is judged by the same gates.
 * The native agent is Gander's own loop over any model; the transform agent runs a rule or a command and needs none; a
 * guest is a foreign agent's program in the run's sandbox, whose words are recorded and count for nothing.
 * Owned here: turns, retries, the fallback model, budgets, wrap-up, stuck detection, compaction, and the one way to ask
 * a model durably (`askModel`), which the judge uses as well.
 */
export { askModel, type ModelAccess, type Question, type Reply } from './ask-model.ts'
export { createGuestAgent, guestCliOf } from './guests/index.ts'
export { createNativeAgent } from './native-agent.ts'
export { createTransformAgent } from './transform-agent.ts'
