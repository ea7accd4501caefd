import { createRedactor } from '#evidence-plane/redaction'
import { createIntake } from '#control-plane/intake'
import type { CliEnvironment, DoctorReport } from '#cli'
import type { Guests, Platform } from '#ports'

/** A command line without a process: what it wrote, and how it was interrupted. */
export interface FakeCli {
  readonly environment: CliEnvironment
  readonly out: () => string
  readonly err: () => string
  readonly left: number[]
  readonly shown: string[]
  readonly saved: Map<string, string>
  interrupt(): void
}

interface Wishes {
  readonly platform?: Platform
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly is_terminal?: boolean
  readonly columns?: number
  readonly typed?: string
  readonly report?: DoctorReport
  readonly guests?: Guests
}

/** An environment whose world is given by the wishes; nothing is read from the machine. */
export function fakeCli(wishes: Wishes = {}): FakeCli {
  const written = { out: '', err: '' }
  const { is_terminal = false, columns = 100 } = wishes
  const screen = (to: 'out' | 'err') => ({
    write: (text: string) => void (written[to] += text),
    writeBytes: async (bytes: Uint8Array) => void (written[to] += Buffer.from(bytes).toString('utf8')),
    is_terminal,
    columns: () => columns,
  })
  const interrupts = new Set<() => void>()
  const left: number[] = []
  const shown: string[] = []
  const saved = new Map<string, string>()
  const environment: CliEnvironment = {
    version: '0.0.0-test',
    home: '/home/ada/.local/share/gander',
    env: wishes.env ?? {},
    cwd: '/home/ada/retry',
    user: 'ada',
    stdout: screen('out'),
    stderr: screen('err'),
    stdin: {
      is_terminal,
      read: async () => wishes.typed ?? '',
      bytes: async function* () {
        yield Buffer.from(wishes.typed ?? '')
      },
      askHidden: async () => wishes.typed ?? '',
    },
    servers: {
      path: '/home/ada/.local/share/gander/servers.json',
      read: async () => ({}),
      save: async () => undefined,
    },
    keys: {
      path: '/home/ada/.local/share/gander/keys.json',
      read: async () => Object.fromEntries(saved),
      save: async (provider, key) => void (key === undefined ? saved.delete(provider) : saved.set(provider, key)),
    },
    readFile: async (path) => wishes.files?.[path],
    writeFile: async (path, text) => void saved.set(path, text),
    show: async (target) => shown.push(target) > 0,
    now: () => Date.parse('2026-11-21T10:01:00.000Z'),
    every: (ms, tick) => {
      const timer = setInterval(tick, ms)
      return () => clearInterval(timer)
    },
    onInterrupt: (handler) => {
      interrupts.add(handler)
      return () => interrupts.delete(handler)
    },
    leave: (code) => void left.push(code),
    openPlatform: async () => {
      if (wishes.platform === undefined) throw new Error('no platform in this test')
      return wishes.platform
    },
    redactor: async () => createRedactor(),
    intake: async () => createIntake({ fetch: () => Promise.reject(new Error('no network')), token: undefined }),
    guests: async () =>
      wishes.guests ?? {
        find: async (id) => ({ id, apis: [], where: null, found: null, reason: 'no guests in this test' }),
        list: async () => [],
      },
    examine: async () => wishes.report ?? { checks: [] },
    prepareDemo: async () => {
      throw new Error('no demo in this test')
    },
    recordConversation: async () => '{"version":1}',
  }
  return {
    environment,
    out: () => written.out,
    err: () => written.err,
    left,
    shown,
    saved,
    interrupt: () => {
      for (const handler of interrupts) handler()
    },
  }
}
