/** Kill switches: five levels, graded actions, what they come to together for one act, and whom to name for it. */
export {
  concerns,
  STATE_UNKNOWN_AFTER_MS,
  SWITCH_ACTIONS,
  type KillSwitch,
  type SwitchAction,
  type SwitchQuestion,
  type SwitchScope,
} from './kill-switch.ts'
export { questionOf, stopFor, type StoppableAct, type SwitchStanding } from './stop.ts'
export { isLater, type SwitchReading } from './switch-reading.ts'
