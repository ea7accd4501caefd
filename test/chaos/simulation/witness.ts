import { createHash } from 'node:crypto'

/** What must hold in every world; the numbers are those of the reliability page. */
type Invariant = 'I1' | 'I2' | 'I5' | 'I6' | 'I7' | 'I13'

export interface Violation {
  readonly invariant: Invariant
  readonly at: number
  readonly what: string
}

/** Sees what happens from outside and keeps books of its own: it believes nothing that the store says of itself. */
export interface Witness {
  readonly violations: readonly Violation[]
  leased(run: string, fence: number, expires: number): void
  extended(run: string, fence: number, expires: number): void
  released(run: string): void
  /** A write of a worker was accepted. */
  accepted(run: string, fence: number, what: string): void
  outcome(run: string, key: string, value: string): void
  spending(run: string, spent: number, reserved: number, most: number): void
  /** A switch that stops everything is acknowledged, or released again. */
  stopped(is: boolean): void
  /** Something left the platform. */
  effect(run: string, what: string): void
  used(approval: string, fingerprint: string, asked: string): void
  ended(run: string, state: string): void
  /** At the end of the world. */
  close(runs: readonly string[]): void
  note(line: string): void
  hash(): string
}

/** Makes a witness of one world. */
export function createWitness(now: () => number): Witness {
  const violations: Violation[] = []
  const trace = createHash('sha256')
  const leases = new Map<string, { fence: number; expires: number; live: boolean }>()
  const outcomes = new Map<string, string>()
  const approvals = new Set<string>()
  const ends = new Map<string, number>()
  let stopped = false
  const note = (line: string) => void trace.update(`${now()} ${line}\n`)
  const wrong = (invariant: Invariant, what: string) => {
    violations.push({ invariant, at: now(), what })
    note(`${invariant} ${what}`)
  }
  return {
    violations,
    note,
    leased(run, fence, expires) {
      note(`lease ${run} ${fence}`)
      const before = leases.get(run)
      if (before?.live === true && before.expires > now()) wrong('I2', `${run} has two live leases`)
      if (before !== undefined && fence <= before.fence) wrong('I2', `the fence of ${run} did not grow`)
      leases.set(run, { fence, expires, live: true })
    },
    extended(run, fence, expires) {
      const lease = leases.get(run)
      if (lease?.fence === fence) leases.set(run, { ...lease, expires })
    },
    released(run) {
      const lease = leases.get(run)
      if (lease !== undefined) leases.set(run, { ...lease, live: false })
    },
    accepted(run, fence, what) {
      note(`accept ${run} ${fence} ${what}`)
      if (fence !== leases.get(run)?.fence) wrong('I2', `${what} of ${run} was accepted with fence ${fence}`)
    },
    outcome(run, key, value) {
      const name = `${run} ${key}`
      if (outcomes.has(name)) wrong('I13', `${name} has a second outcome`)
      outcomes.set(name, value)
    },
    spending(run, spent, reserved, most) {
      if (spent + reserved > most + 1e-9) wrong('I6', `${run} spends ${spent} and promises ${reserved} of ${most}`)
    },
    stopped(is) {
      note(`stopped ${is}`)
      stopped = is
    },
    effect(run, what) {
      note(`effect ${run} ${what}`)
      if (stopped) wrong('I5', `${what} of ${run} happened after the stop was acknowledged`)
    },
    used(approval, fingerprint, asked) {
      note(`use ${approval}`)
      if (approvals.has(approval)) wrong('I7', `${approval} was used twice`)
      if (fingerprint !== asked) wrong('I7', `${approval} was used for another act`)
      approvals.add(approval)
    },
    ended(run, state) {
      note(`end ${run} ${state}`)
      ends.set(run, (ends.get(run) ?? 0) + 1)
    },
    close(runs) {
      for (const run of runs) if (ends.get(run) !== 1) wrong('I1', `${run} reached ${ends.get(run) ?? 0} ends`)
    },
    hash: () => trace.copy().digest('hex'),
  }
}
