/**
 * What is stopped. Reads the switches, remembers them for a second, counts a state nobody could read for ten as stopped,
 * and guards the ways to models and the acts of the control plane. Where else it is asked, others ask through its port.
 */
export { createSwitchBoard, type SwitchBoard } from './switch-board.ts'
export { askSwitches } from './ask-switches.ts'
export { guardGuestBudget, guardModelCalls } from './guard-models.ts'
