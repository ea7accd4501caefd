/** `node bench/measure-redaction.ts [ROUNDS]`: what redaction costs on logs, beside a hash of the same text. */
import { createHash, randomBytes } from 'node:crypto'
import { loadavg } from 'node:os'
import { pathToFileURL } from 'node:url'
import { createRedactor } from '#evidence-plane/redaction'
import { spread, table, type Figure } from './figures.ts'

const MEGABYTES = 8
/** Megabytes a second that are to be reached. */
const GOAL = 50

const LINES: readonly ((n: number) => string)[] = [
  (n) =>
    `2026-01-02T03:04:05.${100 + (n % 900)}Z INFO [worker-${n % 16}] request id=${hash(n)} path=/api/v1/orders/${n} status=200 took=${n % 90}ms`,
  (n) =>
    `{"level":"info","time":17000${n},"msg":"cache miss","key":"order:${n}","token_count":${n},"user_id":${n % 1000}}`,
  (n) => `    at Object.resolve (/srv/app/node_modules/some-package/dist/index.js:${n % 900}:17)`,
  (n) => ` PASS  src/orders/place-order.test.ts (${n % 40} tests) ${n % 900}ms`,
  (n) =>
    `npm http fetch GET 200 https://registry.example.org/some-package/-/some-package-${n % 9}.0.1.tgz ${n % 900}ms (cache miss)`,
  (n) =>
    `src/orders/place-order.ts(${n % 400},7): error TS2345: Argument of type 'string' is not assignable to parameter`,
  () => 'E       AssertionError: assert {"total": 12.5, "currency": "EUR"} == {"total": 13.5, "currency": "EUR"}',
  (n) => `+  const password = await readPassword(process.env.DB_PASSWORD_${n % 9}) // secretKeyRef`,
  (n) =>
    n % 200 === 0 ? `Authorization: Bearer ${hash(n)}${n}x` : 'done in 12.4s; nothing to do, everything is up to date',
]

const hash = (of: number | string): string => createHash('sha256').update(`${of}`).digest('hex').slice(0, 40)

/** Mixed logs of a build, a service and a test run. */
function mixedLog(megabytes: number): string {
  const lines: string[] = []
  for (let n = 0, size = 0; size < megabytes * 1e6; n++) {
    const line = LINES[n % LINES.length]?.(n) ?? ''
    size += line.length + 1
    lines.push(line)
  }
  return lines.join('\n')
}

/** Measures the engine's processor time over mixed logs with 0, 10 and 500 registered values, whole and in pieces of 64 kB. */
export async function measureRedaction(rounds: number): Promise<readonly Figure[]> {
  const text = mixedLog(MEGABYTES)
  const figures: Figure[] = []
  for (const registered of [0, 10, 500]) figures.push(...(await withValues(text, registered, rounds)))
  return figures
}

/** Milliseconds of processor time: the engine waits for nothing, and other work on the machine must not count. */
async function processorTime(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

async function withValues(text: string, registered: number, rounds: number): Promise<readonly Figure[]> {
  const redactor = createRedactor()
  for (let n = 0; n < registered; n++) redactor.register(`value ${n}`, randomBytes(24).toString('base64url'))
  const acts = {
    whole: () => redactor.redact(text),
    'in pieces': async () => {
      const pieces = redactor.stream?.()
      for (let at = 0; at < text.length; at += 65_536) await pieces?.push(text.slice(at, at + 65_536))
      await pieces?.end()
    },
  }
  const taken = { floor: [] as number[], whole: [] as number[], 'in pieces': [] as number[] }
  // The first two rounds make the compiler know the loops. Floor and engine take turns, so both see the same machine.
  for (let round = -2; round < rounds; round++)
    for (const [name, act] of Object.entries({ floor: async () => hash(text), ...acts }) as [
      keyof typeof taken,
      () => Promise<unknown>,
    ][]) {
      const ms = await processorTime(act)
      if (round >= 0) taken[name].push(ms)
    }
  return (['whole', 'in pieces'] as const).map((name) => {
    const measured = spread(taken[name])
    const reached = (ms: number): string => (MEGABYTES / (ms / 1_000)).toFixed(0)
    return {
      benchmark: 'redaction',
      what: `${MEGABYTES} MB of logs ${name}, ${registered} values: ${reached(measured.p50)} MB/s, at best ${reached(measured.least)}`,
      unit: 'ms',
      ...measured,
      floor: { what: 'sha256 of it', p50: spread(taken.floor).p50 },
      goal: { text: `>= ${GOAL} MB/s`, met: MEGABYTES / (measured.p50 / 1_000) >= GOAL },
    }
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(table(await measureRedaction(Number(process.argv[2] ?? 9))))
  console.log(`\nload average ${loadavg()[0]?.toFixed(2)}; compare ratios, not milliseconds`)
}
