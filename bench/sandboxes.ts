/**
 * `node bench/sandboxes.ts [SAMPLES]`: what a sandbox costs beside plain `bwrap`, `docker run` and `docker exec`, without a
 * platform around it; Podman likewise. Engines that are not installed are left out.
 */
import { loadavg } from 'node:os'
import { table } from './figures.ts'
import { measureEverySandbox } from './measure-sandboxes.ts'

const samples = Number(process.argv[2] ?? 30)
console.log(table(await measureEverySandbox(samples, ['docker', 'podman'])))
console.log(`\nload average ${loadavg()[0]?.toFixed(2)}; compare ratios, not milliseconds`)
