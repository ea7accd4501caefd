/** `node bench/sandboxes.ts [SAMPLES]`: what a sandbox costs beside plain `bwrap`, without a platform around it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { table } from './figures.ts'
import { BUBBLEWRAP_FLOOR, measureSandboxes } from './measure-sandboxes.ts'

const samples = Number(process.argv[2] ?? 30)
const home = await mkdtemp(join(tmpdir(), 'gander-bench-'))
try {
  const driver = createBubblewrapDriver({ home })
  console.log(table(await measureSandboxes(driver, BUBBLEWRAP_FLOOR, samples)))
  console.log(`\nload average ${loadavg()[0]?.toFixed(2)}; compare ratios, not milliseconds`)
} finally {
  await rm(home, { recursive: true, force: true })
}
