/** Decides whether a stored ledger is what was once written: no edit, gap, reorder, fork, cut tail or missing event. */
export { verifyChain } from './verify-chain.ts'
