import process from 'node:process'
import { parseArgs } from 'node:util'
import { BUGS } from './model-store.ts'
import { simulate } from './simulate.ts'

/** `node test/chaos/simulation/run.ts [seeds] [--seed N] [--bug NAME]`: prints figures, ends with 1 where something broke. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, bug: { type: 'string' } },
})
const bug = BUGS.find((known) => known === values.bug)
if (values.bug !== undefined && bug === undefined)
  throw new Error(`there is no bug ${values.bug}; there are ${BUGS.join(', ')}`)

const first = Number(values.seed ?? 1)
const count = values.seed === undefined ? Number(positionals[0] ?? 10_000) : 1
const started = performance.now()
let faults = 0
let virtual_ms = 0
const broken: number[] = []
for (let seed = first; seed < first + count; seed++) {
  const world = simulate(seed, bug)
  faults += world.faults
  virtual_ms += world.virtual_ms
  if (world.violations.length > 0) broken.push(seed)
  if (count === 1) {
    const again = simulate(seed, bug)
    process.stdout.write(
      `trace ${world.trace}, ${again.trace === world.trace ? 'the same' : 'ANOTHER'} when it is lived again\n`,
    )
  }
  if (world.violations.length > 0 && broken.length <= 3)
    for (const { invariant, at, what } of world.violations.slice(0, 3))
      process.stdout.write(`seed ${seed}: ${invariant} at ${at} ms: ${what}\n`)
}
const seconds = ((performance.now() - started) / 1000).toFixed(1)
process.stdout.write(
  `R14: ${count} seeds in ${seconds} s, ${faults} faults, ${Math.round(virtual_ms / 3_600_000)} h of virtual time, ${broken.length} seeds with violations\n`,
)
process.exitCode = broken.length === 0 ? 0 : 1
