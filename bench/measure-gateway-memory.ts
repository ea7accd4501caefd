import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureGateway } from '#adapters/gateway-socket'
import { ensureEmbeddedServer } from '#adapters/postgres'

/** Resident memory of an idle gateway five seconds after its start, without a call and without a policy file. */
const home = await mkdtemp(join(tmpdir(), 'gander-memory-'))
const server = await ensureEmbeddedServer({ home, dies_with_parent: true })
const connection = await ensureGateway({ home, keys: {}, idle_ms: 1_000 })
await sleep(5_000)
const log = await readFile(join(home, 'logs', 'gateway.log'), 'utf8')
const pid = Number(/"pid":(\d+)/.exec(log)?.[1])
const status = await readFile(`/proc/${pid}/status`, 'utf8')
const smaps = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
const mib = (text: string, name: string) =>
  Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024)
console.log(
  `idle gateway: ${mib(status, 'VmRSS')} MiB resident, ${mib(smaps, 'Pss')} MiB proportional, node ${process.version}`,
)
await connection.close()
await sleep(2_500)
await server.leave()
await rm(home, { recursive: true, force: true })
