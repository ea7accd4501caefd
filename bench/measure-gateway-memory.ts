import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureGateway } from '#adapters/gateway-socket'
import { ensureEmbeddedServer } from '#adapters/postgres'
import { endServers, gatewaysOf } from './processes.ts'

/**
 * Memory of an idle gateway five seconds after its start, without a call and without a policy file: on a machine that
 * never ran one, as it is from the second start on (code is compiled then), and with the key of one provider.
 */
const home = await mkdtemp(join(tmpdir(), 'gander-memory-'))
process.env['NODE_COMPILE_CACHE'] = join(home, 'compiled')
const server = await ensureEmbeddedServer({ home, dies_with_parent: true })
await measure('first start   ', {})
await measure('later start   ', {})
await measure('first with key', { anthropic: 'sk-of-nobody-0123456789' })
await measure('later with key', { anthropic: 'sk-of-nobody-0123456789' })
await server.leave()
await endServers(home)
await rm(home, { recursive: true, force: true })

async function measure(name: string, keys: Readonly<Record<string, string>>): Promise<void> {
  const started = performance.now()
  const connection = await ensureGateway({ home, keys, idle_ms: 500 })
  const start_ms = Math.round(performance.now() - started)
  await sleep(5_000)
  const pid = gatewaysOf(home)[0]?.pid ?? 0
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const smaps = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (text: string, field: string) =>
    Math.round(Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(text)?.[1]) / 1024)
  const memory = `${mib(status, 'VmRSS')} MiB resident, ${mib(smaps, 'Pss')} MiB proportional`
  console.log(`idle gateway, ${name}: ${memory}, ready after ${start_ms} ms, node ${process.version}`)
  await connection.close()
  while (gatewaysOf(home).length > 0) await sleep(100)
}
