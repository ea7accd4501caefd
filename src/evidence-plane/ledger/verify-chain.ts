import { CHAIN_START, chainDefects, type ChainPosition, type Sha256 } from '#domain/ledger'
import type { LedgerEvent } from '#domain/event'
import type { TenantId } from '#domain/ids'
import type { RunStore } from '#ports'

/** What is wrong with a stored chain, at which position; `cut` means that it ends before a head somebody wrote down. */
interface LedgerDefect {
  readonly seq: number
  readonly kind: 'gap' | 'wrong_previous' | 'wrong_hash' | 'wrong_run_order' | 'cut' | 'forked'
}

/** The answer of a verification. */
interface ChainReport {
  /** Events that were read. */
  readonly events: number
  /** The last link; write it down elsewhere to tell a cut tail later. */
  readonly head: ChainPosition
  readonly defects: readonly LedgerDefect[]
}

interface Verifying {
  readonly store: Pick<RunStore, 'chain'>
  readonly tenant: TenantId
  readonly sha256: Sha256
  /** A head that was written down earlier; absent means that a cut tail cannot be told. */
  readonly known_head?: ChainPosition
  /** Events held in memory at once; absent means 1000. */
  readonly page?: number
}

/** Reads a tenant's chain from its beginning, in pages, and names every edit, gap, reorder, fork and cut it finds. */
export async function verifyChain({
  store,
  tenant,
  sha256,
  known_head,
  page = 1_000,
}: Verifying): Promise<ChainReport> {
  const defects: LedgerDefect[] = []
  const runs = new Map<string, number>()
  let head = CHAIN_START
  let events = 0
  let met = known_head === undefined || known_head.seq === 0
  for (;;) {
    const found = await store.chain(tenant, head.seq, page)
    const last = found.at(-1)
    if (last === undefined) break
    defects.push(...chainDefects(found, sha256, head), ...runDefects(found, runs))
    const known = found.find((event) => event.seq === known_head?.seq)
    if (known !== undefined) {
      met = true
      if (known.hash !== known_head?.hash) defects.push({ seq: known.seq, kind: 'forked' })
    }
    head = { seq: last.seq, hash: last.hash }
    events += found.length
  }
  if (!met) defects.push({ seq: known_head?.seq ?? 0, kind: 'cut' })
  return { events, head, defects }
}

/** Each run counts its own events from 1, so that one missing from a run shows even where the chain was made anew. */
function runDefects(events: readonly LedgerEvent[], runs: Map<string, number>): readonly LedgerDefect[] {
  const defects: LedgerDefect[] = []
  for (const { run_id, run_seq, seq } of events) {
    if (run_id === null || run_seq === null) continue
    if (run_seq !== (runs.get(run_id) ?? 0) + 1) defects.push({ seq, kind: 'wrong_run_order' })
    runs.set(run_id, run_seq)
  }
  return defects
}
