import { ok, type Result, refuse } from '#domain/result'
import type { EgressBudget, EgressRefusal, EgressReport, EgressRule } from '#ports'

const KINDS_KEPT = 200

/** One request that did not leave. */
interface Refused {
  readonly rule: EgressRule
  readonly host: string
  readonly detail: string
  readonly why: string
}

/**
 * What one run spent at its door. A request whose address is not known to exist holds a place among the misses while it
 * is under way, so that many at once cannot overdraw that budget.
 */
export interface EgressLedger {
  refuse(refused: Refused): void
  /** Counts a request and waits for its place; gives what to call with the outcome, or which budget is used up. */
  enter(address: string): Promise<Result<(missed: boolean) => void, string>>
  /** Counts received bytes; false when the budget is used up. */
  receive(bytes: number): boolean
  report(): EgressReport
}

/** Letters, digits and marks that a path may hold, as bits a character, and GET or HEAD. */
const BITS_A_CHARACTER = Math.log2(76)
const METHOD_BITS = 1

const cut = (text: string, length: number): string => (text.length > length ? text.slice(0, length) : text)

/** Counts refusals by host, rule and detail; what comes after many different ones is counted together. */
const refusalCounts = () => {
  const counts = new Map<string, EgressRefusal>()
  return {
    add: ({ rule, host, detail }: Refused): void => {
      const exact = { host: cut(host, 255), rule, detail: cut(detail, 200) }
      const exact_key = JSON.stringify(exact)
      const one = counts.has(exact_key) || counts.size < KINDS_KEPT ? exact : { host: '*', rule, detail: 'others' }
      const key = JSON.stringify(one)
      counts.set(key, { ...one, count: (counts.get(key)?.count ?? 0) + 1 })
    },
    list: (): readonly EgressRefusal[] => [...counts.values()],
  }
}

/** Opens an empty ledger over a budget. */
export const openEgressLedger = (budget: EgressBudget): EgressLedger => {
  const refusals = refusalCounts()
  const found = new Set<string>()
  const missed_addresses = new Set<string>()
  let waiting: (() => void)[] = []
  let [requests, bytes, unknown, covert_bits] = [0, 0, 0, 0]
  let last = performance.now()

  const saidBy = (address: string): number => {
    const now = performance.now()
    const pause_ms = now - last
    last = now
    return address.length * BITS_A_CHARACTER + METHOD_BITS + Math.log2(pause_ms + 1)
  }

  const usedUp = (): string | undefined => {
    if (requests >= budget.requests) return `${budget.requests} requests`
    if (bytes >= budget.bytes) return `${budget.bytes} bytes`
    if (missed_addresses.size >= budget.misses) return `${budget.misses} addresses that do not exist`
    return undefined
  }
  const leave = (address: string, held: boolean, missed: boolean): void => {
    if (held) unknown -= 1
    if (missed) missed_addresses.add(address)
    else found.add(address)
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  return {
    refuse: refusals.add,
    enter: async (address) => {
      const held = !found.has(address)
      const isFull = (): boolean => held && missed_addresses.size + unknown >= budget.misses
      while (usedUp() === undefined && isFull()) await new Promise<void>((resolve) => waiting.push(resolve))
      const spent = usedUp()
      if (spent !== undefined) return refuse(spent)
      requests += 1
      covert_bits += saidBy(address)
      if (held) unknown += 1
      return ok((missed) => leave(address, held, missed))
    },
    receive: (count) => {
      bytes += count
      return bytes <= budget.bytes
    },
    report: () => ({
      requests,
      bytes,
      misses: missed_addresses.size,
      covert_bits: Math.ceil(covert_bits),
      refused: refusals.list(),
    }),
  }
}
