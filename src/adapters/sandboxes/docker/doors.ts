import { type ChildProcess, spawn } from 'node:child_process'
import { GanderError } from '#domain/failure'
import type { SandboxDoor } from '#ports'
import type { Container } from './container.ts'

/** Opens ways out of one container for as long as some command needs them. */
export interface Doors {
  /** Opens all and gives back what closes them again. @throws GanderError `sandbox_unavailable` */
  open(doors: readonly SandboxDoor[]): Promise<() => void>
  closeAll(): void
}

/**
 * Runs outside, in the container's network namespace only: listens on its loopback and hands each connection to the
 * host's socket, which it reaches because it stays in the host's file system. Plain CommonJS for `node -e`.
 */
const BRIDGE = `
const net = require('node:net'), [port, path] = process.argv.slice(1)
const server = net.createServer({ allowHalfOpen: true }, (near) => {
  const far = net.connect({ path, allowHalfOpen: true })
  const end = () => { near.destroy(); far.destroy() }
  near.on('error', end); far.on('error', end)
  near.pipe(far); far.pipe(near)
})
server.on('error', (error) => { process.stderr.write(error.message); process.exit(1) })
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('open'))
process.stdin.on('end', () => process.exit(0)).resume()
`

interface Bridge {
  readonly child: ChildProcess
  readonly opened: Promise<void>
  users: number
}

/** The bridge ends with its standard input, so that it never outlives this process. */
const build = (container: Container, door: SandboxDoor): Bridge => {
  const child = spawn(
    'nsenter',
    [
      '--target',
      String(container.first_pid),
      '--net',
      '--',
      process.execPath,
      '-e',
      BRIDGE,
      '--',
      String(door.port),
      door.socket,
    ],
    { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const opened = new Promise<void>((resolve, reject) => {
    let complaint = ''
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString('utf8')))
    child.stdout.once('data', () => resolve())
    const fail = (why: string): void =>
      reject(
        new GanderError('sandbox_unavailable', `Port ${door.port} of a sandbox could not be opened: ${why}.`, {
          retryable: true,
        }),
      )
    child.once('error', (error) => fail(error.message))
    child.once('close', () => fail(complaint.trim() || 'the bridge ended'))
  })
  return { child, opened, users: 0 }
}

/** Doors of one container. */
export const doorsOf = (container: Container): Doors => {
  const bridges = new Map<string, Bridge>()
  const leave = (key: string): void => {
    const bridge = bridges.get(key)
    if (bridge === undefined) return
    bridge.users -= 1
    if (bridge.users > 0) return
    bridges.delete(key)
    bridge.child.kill('SIGKILL')
  }
  return {
    open: async (doors) => {
      const keys = doors.map((door) => {
        const key = `${door.port} ${door.socket}`
        const bridge = bridges.get(key) ?? build(container, door)
        bridges.set(key, bridge)
        bridge.users += 1
        return key
      })
      const close = (): void => keys.splice(0).forEach(leave)
      try {
        await Promise.all(
          keys.flatMap((key) => {
            const bridge = bridges.get(key)
            return bridge === undefined ? [] : [bridge.opened]
          }),
        )
      } catch (error) {
        close()
        throw error
      }
      return close
    },
    closeAll: () => {
      for (const { child } of bridges.values()) child.kill('SIGKILL')
      bridges.clear()
    },
  }
}
