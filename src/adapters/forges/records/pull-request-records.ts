import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { storageFailure } from '#domain/failure'
import type { PullRequestIntent } from '#ports'
import { pageOf } from './pull-request-page.ts'
import { parseRecord, recordOf, type PullRequestRecord } from './pull-request-record.ts'

/**
 * Pull requests of one repository: `1.json`, `2.json`, … and a page for people beside each. Safe for several processes
 * and for kill -9 at any point, without a lock: a record is written aside, flushed, and appears by an exclusive link
 * under the first free number. Numbers have no gaps and nothing is deleted, and whoever finds a number taken reads it
 * before trying the next, so of two processes with the same key one always meets the other's record: a key has one pull
 * request.
 */
export class PullRequestRecords {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async find(idempotency_key: string): Promise<PullRequestRecord | undefined> {
    return (await this.list()).find((record) => record.idempotency_key === idempotency_key)
  }

  /** Every pull request in the order of its number. */
  async list(): Promise<readonly PullRequestRecord[]> {
    const records: PullRequestRecord[] = []
    for (let number = 1; ; number++) {
      const record = await this.#at(number)
      if (record === undefined) return records
      records.push(record)
    }
  }

  /** The pull request of the intent's key; `url` is asked for once the number is known. */
  async make(intent: PullRequestIntent, url: (number: number) => string): Promise<PullRequestRecord> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      for (;;) {
        const known = await this.list()
        const own = known.find((record) => record.idempotency_key === intent.idempotency_key)
        const record = own ?? recordOf(intent, known.length + 1, url(known.length + 1))
        if (own === undefined && !(await this.#claim(record))) continue
        await this.#writePage(record)
        return record
      }
    } catch (error) {
      throw storageFailure(error, this.#folder)
    }
  }

  async #claim(record: PullRequestRecord): Promise<boolean> {
    const temporary = join(this.#folder, `.new-${randomBytes(8).toString('hex')}`)
    try {
      await writeDurably(temporary, `${JSON.stringify(record, null, 2)}\n`)
      await link(temporary, join(this.#folder, `${record.number}.json`))
      await flushFolder(this.#folder)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    } finally {
      await rm(temporary, { force: true })
    }
  }

  async #at(number: number): Promise<PullRequestRecord | undefined> {
    const text = await readFile(join(this.#folder, `${number}.json`), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw storageFailure(error, this.#folder)
    })
    return text === undefined ? undefined : parseRecord(text, number, this.#folder)
  }

  async #writePage(record: PullRequestRecord): Promise<void> {
    const path = join(this.#folder, `${record.number}.md`)
    const temporary = `${path}.${randomBytes(4).toString('hex')}`
    await writeFile(temporary, pageOf(record))
    await rename(temporary, path)
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
