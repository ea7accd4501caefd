import { createHash, randomBytes } from 'node:crypto'
import { createRedactor } from '#evidence-plane/redaction'

/** What redaction costs on logs. */
export interface RedactionFigures {
  readonly megabytes: number
  readonly registered: number
  /** Megabytes a second, whole text. */
  readonly whole: number
  /** Megabytes a second, in pieces of 64 kB. */
  readonly stream: number
  readonly cut: number
}

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

const hash = (n: number): string => createHash('sha1').update(`${n}`).digest('hex')

/** Mixed logs of a build, a service and a test run. */
export function mixedLog(megabytes: number): string {
  const lines: string[] = []
  for (let n = 0, size = 0; size < megabytes * 1e6; n++) {
    const line = LINES[n % LINES.length]?.(n) ?? ''
    size += line.length + 1
    lines.push(line)
  }
  return lines.join('\n')
}

/** Measures the engine over mixed logs with this many registered values; the best of three rounds. */
export async function measureRedaction(megabytes: number, registered: number): Promise<RedactionFigures> {
  const redactor = createRedactor()
  for (let n = 0; n < registered; n++) redactor.register(`value ${n}`, randomBytes(24).toString('base64url'))
  const text = mixedLog(megabytes)
  let whole = 0
  let stream = 0
  let cut = 0
  for (let round = 0; round < 3; round++) {
    let started = performance.now()
    cut = (await redactor.redact(text)).count
    whole = Math.max(whole, text.length / 1e3 / (performance.now() - started))
    started = performance.now()
    const pieces = redactor.stream?.()
    for (let at = 0; at < text.length; at += 65_536) await pieces?.push(text.slice(at, at + 65_536))
    await pieces?.end()
    stream = Math.max(stream, text.length / 1e3 / (performance.now() - started))
  }
  return { megabytes, registered, whole: Math.round(whole), stream: Math.round(stream), cut }
}
