import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { GanderError } from '#domain/failure'
import { trustedEnvironment } from '../transport/trusted-environment.ts'

export interface StoredObject {
  readonly type: string
  readonly content: Buffer
}

interface Waiting {
  readonly id: string
  readonly resolve: (object: StoredObject | undefined) => void
  readonly reject: (error: Error) => void
}

type Batch = ChildProcessByStdio<Writable, Readable, null>

const IDLE_MS = 5000

/**
 * Reads objects through one `git cat-file --batch` (0.1 ms an object, where a process each costs 3 ms). It is started by
 * the first question, ends after 5 s without one, and neither it nor its timer keeps this process alive.
 */
export class ObjectReader {
  readonly #git_dir: string
  #batch: Batch | undefined
  #waiting: Waiting[] = []
  #held: Buffer[] = []
  #held_bytes = 0
  #idle: NodeJS.Timeout | undefined

  constructor(git_dir: string) {
    this.#git_dir = git_dir
  }

  /** The object of a full id; undefined when the repository has none. */
  read(id: string): Promise<StoredObject | undefined> {
    if (!/^[0-9a-f]{40,64}$/.test(id)) return Promise.resolve(undefined)
    const batch = this.#batch ?? this.#start()
    this.#keepAlive(batch, true)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve, reject })
      batch.stdin.write(`${id}\n`)
    })
  }

  close(): void {
    clearTimeout(this.#idle)
    this.#batch?.stdin.end()
    this.#batch = undefined
  }

  #start(): Batch {
    const batch = spawn('git', ['cat-file', '--batch'], {
      cwd: '/',
      env: { ...trustedEnvironment([], { network: false }), GIT_DIR: this.#git_dir },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    })
    this.#batch = batch
    this.#held = []
    this.#held_bytes = 0
    batch.stdin.on('error', () => undefined)
    batch.stdout.on('data', (chunk: Buffer) => this.#receive(batch, chunk))
    batch.on('error', (error) => this.#fail(batch, error))
    batch.on('close', () => this.#fail(batch, undefined))
    return batch
  }

  #receive(batch: Batch, chunk: Buffer): void {
    if (this.#batch !== batch) return
    this.#held.push(chunk)
    this.#held_bytes += chunk.length
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const answer = this.#takeAnswer()
      if (answer === 'incomplete') break
      this.#waiting.shift()
      next.resolve(answer)
    }
    if (this.#waiting.length === 0) this.#keepAlive(batch, false)
  }

  #takeAnswer(): StoredObject | undefined | 'incomplete' {
    const [first] = this.#held
    if (first === undefined) return 'incomplete'
    let all = first
    let newline = all.indexOf(0x0a)
    if (newline < 0 && this.#held.length > 1) {
      all = this.#join()
      newline = all.indexOf(0x0a)
    }
    if (newline < 0) return 'incomplete'
    const [, type = '', size] = all.toString('latin1', 0, newline).split(' ')
    if (size === undefined) {
      this.#consume(newline + 1)
      return undefined
    }
    const end = newline + 1 + Number(size)
    if (this.#held_bytes < end + 1) return 'incomplete'
    const content = Buffer.from(this.#join().subarray(newline + 1, end))
    this.#consume(end + 1)
    return { type, content }
  }

  #join(): Buffer {
    const all = this.#held.length === 1 && this.#held[0] !== undefined ? this.#held[0] : Buffer.concat(this.#held)
    this.#held = [all]
    return all
  }

  #consume(bytes: number): void {
    const rest = this.#join().subarray(bytes)
    this.#held = rest.length === 0 ? [] : [rest]
    this.#held_bytes = rest.length
  }

  #keepAlive(batch: Batch, needed: boolean): void {
    clearTimeout(this.#idle)
    const streams = [batch, batch.stdout, batch.stdin] as readonly (
      | Batch
      | (Readable & Reference)
      | (Writable & Reference)
    )[]
    for (const stream of streams) {
      if (needed) (stream as Reference).ref?.()
      else (stream as Reference).unref?.()
    }
    if (!needed) this.#idle = setTimeout(() => this.close(), IDLE_MS).unref()
  }

  #fail(batch: Batch, cause: Error | undefined): void {
    if (this.#batch === batch) this.#batch = undefined
    const lost = this.#batch === undefined ? this.#waiting.splice(0) : []
    for (const { id, reject } of lost)
      reject(new GanderError('internal', `git cat-file ended before it gave ${id}`, { cause }))
  }
}

/** Pipes of a child process are sockets, which can be left out of what keeps the event loop alive. */
interface Reference {
  ref?(): void
  unref?(): void
}
