/**
 * What a tenant agreed to for a repository, applied to the tasks that name it: which capabilities may work there, how far
 * they may reach, what none may change, and how a change is verified. An agreement only ever takes away.
 */
export { underAgreement } from './under-agreement.ts'
