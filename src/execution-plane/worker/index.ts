/**
 * The worker: leases a run, leads it through its lifecycle by recorded steps, and gives it back. Decides the order of
 * phases and how a run stops; what a phase does is the business of the room it calls.
 */
export { createWorker, type Worker } from './create-worker.ts'
export { WorkStopped } from './lease-keeper.ts'
export type { WorkerNote } from './hands.ts'
