/** Loaded before a program (`--import`): its `Date` is off by CHAOS_CLOCK_HOURS, or jumps that far to and fro each second. */
import process from 'node:process'

/** What it reads from the environment. */
export interface ClockEnvironment {
  readonly CHAOS_CLOCK_HOURS: string
  readonly CHAOS_CLOCK_JUMPS?: 'yes'
}

const HOUR_MS = 3_600_000
const off = Number(process.env['CHAOS_CLOCK_HOURS'] ?? 0) * HOUR_MS
const jumps = process.env['CHAOS_CLOCK_JUMPS'] === 'yes'
const Real = Date
const began = Real.now()

/** Where it jumps, it is right in one second, ahead in the next, and behind in the third. */
const shift = (): number => (jumps ? off * ([0, 1, -1][Math.floor((Real.now() - began) / 1_000) % 3] ?? 0) : off)

globalThis.Date = new Proxy(Real, {
  construct: (target, given: readonly unknown[], made) =>
    Reflect.construct(target, given.length === 0 ? [Real.now() + shift()] : given, made) as Date,
  apply: () => new Real(Real.now() + shift()).toString(),
  get: (target, name) => (name === 'now' ? () => Real.now() + shift() : (Reflect.get(target, name) as unknown)),
})
