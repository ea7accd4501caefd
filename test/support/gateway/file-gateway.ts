/**
 * A gateway process for tests of the socket and the exchange: everything is as in Gander's own except that the journal
 * and the artifacts are files, so that no database is needed. The lock is an abstract socket, which a killed holder frees.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { isServed, programVersion, readSettings, serveGateway } from '#adapters/gateway-socket'
import { createModelProvider } from '#adapters/models'
import { createRedactor } from '#evidence-plane/redaction'
import { createModelExchange } from '#execution-plane/model-gateway'
import type { ArtifactStore, ExchangeJournal, ModelAnswer } from '#ports'

interface Entry {
  readonly request_sha256: string
  readonly status: 'sent' | 'unknown' | 'answered'
  readonly answer?: ModelAnswer
}

const settings = readSettings(await text(process.stdin))
const version = await readFile(join(settings.home, 'version'), 'utf8').catch(() => programVersion())
while (!(await holdLock(settings.socket))) {
  if ((await isServed(settings.socket)) === 'served') process.exit(0)
  await sleep(20)
}
const journal = await fileJournal(join(settings.home, 'journal'))
await journal.abandon()
const host = createModelExchange({
  journal,
  artifacts: () => fileArtifacts(join(settings.home, 'kept')),
  redactor: createRedactor(),
  provider: createModelProvider(),
  clock: { now: () => Date.now(), sleep: (ms) => sleep(ms) },
})
const served = await serveGateway({
  path: settings.socket,
  version,
  idle_ms: settings.idle_ms,
  host,
  log: (event, facts) => console.log(JSON.stringify({ event, pid: process.pid, ...facts })),
})
flushCompileCache()
await served.ended
process.exit(0)

async function holdLock(name: string): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(`\0${createHash('sha256').update(name).digest('hex')}`, () => resolve(true))
  })
}

async function fileJournal(folder: string): Promise<ExchangeJournal> {
  await mkdir(folder, { recursive: true })
  const fileOf = (key: string) => join(folder, `${encodeURIComponent(key)}.json`)
  const read = async (file: string): Promise<Entry | undefined> => {
    const content = await readFile(file, 'utf8').catch(() => undefined)
    return content === undefined ? undefined : (JSON.parse(content) as Entry)
  }
  const write = async (file: string, entry: Entry) => {
    await writeFile(`${file}.tmp`, JSON.stringify(entry))
    await rename(`${file}.tmp`, file)
  }
  return {
    async claim(key, request_sha256) {
      const entry = await read(fileOf(key))
      if (entry === undefined) {
        await write(fileOf(key), { request_sha256, status: 'sent' })
        return { status: 'send' }
      }
      if (entry.request_sha256 !== request_sha256) return { status: 'mismatch' }
      return entry.answer === undefined ? { status: 'unknown' } : { status: 'recorded', answer: entry.answer }
    },
    async record({ call_key: key }, answer) {
      const entry = await read(fileOf(key))
      await write(fileOf(key), { request_sha256: entry?.request_sha256 ?? '', status: 'answered', answer })
    },
    async abandon() {
      let count = 0
      for (const name of await readdir(folder)) {
        const entry = await read(join(folder, name))
        if (entry?.status !== 'sent') continue
        await write(join(folder, name), { ...entry, status: 'unknown' })
        count++
      }
      return count
    },
  }
}

function fileArtifacts(folder: string): ArtifactStore {
  return {
    async put(content) {
      const bytes = Buffer.from(content)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, sha256), bytes)
      return { sha256, bytes: bytes.byteLength }
    },
    get: (sha256) => readFile(join(folder, sha256)).catch(() => undefined),
    locate: async (sha256) => join(folder, sha256),
  }
}
