export { GANDER_ERRORS, GanderError, isGanderError, type ErrorCode } from './gander-error.ts'
export { FAILURE_CLASSES, nextAction, type Diagnosed, type FailureClass } from './failure-class.ts'
export { storageFailure } from './storage-failure.ts'
