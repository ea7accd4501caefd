// What is stopped: reads the switches, remembers them for a moment, and counts a state nobody could read as stopped.
export { createSwitchBoard, type SwitchBoard } from './switch-board.ts'
