/**
 * The evidence packet: what a run leaves behind for a stranger. Decides how the record answers the ten questions and
 * how it reads on one page; the facts are the run's, nothing an agent said is repeated as proof.
 */
export { createEvidenceSealer } from './seal-evidence.ts'
