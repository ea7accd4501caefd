/** Decides whether a stored ledger is what was once written: no edit, gap, reorder, fork, cut tail or missing event. */
export { verifyChain, type ChainReport, type LedgerDefect } from './verify-chain.ts'
