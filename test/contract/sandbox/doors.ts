import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExecRequest, ExecResult, Sandbox } from '#ports'
import { execIn, shellIn } from '../../support/sandbox-fixtures.ts'
import type { SandboxWorld } from './world.ts'

const ANSWERED = 41_000
const DEAD = 41_001

/** Says `hello` to a port of the loopback and prints what comes back. */
const greet = (port: number): readonly string[] => [
  'node',
  '-e',
  `const s=require('node:net').connect(${port},'127.0.0.1',()=>s.end('hello'));s.on('data',(d)=>process.stdout.write(d)).on('error',(e)=>console.log(e.code)).on('close',()=>console.log('closed'))`,
]

/** The one way out of a sandbox. */
export const describeDoors = (world: SandboxWorld): void => {
  describe('doors', () => {
    let server: Server
    let socket = ''
    let connections = 0
    beforeAll(async () => {
      // A closed folder, as the platform keeps its sockets: the command's uid could not pass it.
      const folder = join(world.ground().root, 'd')
      mkdirSync(folder, { mode: 0o700 })
      socket = join(folder, 's')
      server = createServer({ allowHalfOpen: true }, (peer) => {
        connections += 1
        peer.on('error', () => peer.destroy())
        // Answers when the other side has said all: half a close has to come through.
        let heard = ''
        peer.on('data', (chunk: Buffer) => (heard += chunk.toString()))
        peer.on('end', () => peer.end(`heard ${heard.length > 100 ? heard.length : heard}\n`))
      })
      await new Promise<void>((resolve) => server.listen(socket, resolve))
    })
    afterAll(() => {
      server.close()
      rmSync(socket, { force: true })
    })

    const through = (): Pick<ExecRequest, 'network'> => ({
      network: {
        kind: 'doors',
        doors: [
          { socket, port: ANSWERED },
          { socket: `${socket}-nobody`, port: DEAD },
        ],
      },
    })
    const setup = (): Promise<Sandbox> => world.shared('setup')

    it('lead to what listens at their socket, one connection for each, and only for the command that has them', async () => {
      const sandbox = await setup()
      const before = connections
      expect((await execIn(sandbox, greet(ANSWERED), through())).stdout).toBe('heard hello\nclosed\n')
      expect((await execIn(sandbox, greet(ANSWERED), through())).stdout).toBe('heard hello\nclosed\n')
      expect(connections).toBe(before + 2)
      expect((await execIn(sandbox, greet(ANSWERED))).stdout).toBe('ECONNREFUSED\nclosed\n')
    })

    it('lead nowhere else: no other port, no route, and a dead socket is a closed connection', async () => {
      const sandbox = await setup()
      expect((await execIn(sandbox, greet(DEAD), through())).stdout).not.toContain('heard')
      expect((await execIn(sandbox, greet(41_002), through())).stdout).toBe('ECONNREFUSED\nclosed\n')
      const direct = `const s=require('node:net').connect({host:'192.0.2.1',port:443,timeout:1000}).on('error',(e)=>console.log(e.code)).on('timeout',()=>process.exit()).on('connect',()=>console.log('out'))`
      expect((await execIn(sandbox, ['node', '-e', direct], through())).stdout).toMatch(
        /^E(?:NETUNREACH|HOSTUNREACH)\n$/,
      )
    })

    it('carry much in both directions', async () => {
      const sandbox = await setup()
      const send = `const s=require('node:net').connect(${ANSWERED},'127.0.0.1',()=>s.end('x'.repeat(5_000_000)));s.on('data',(d)=>process.stdout.write(d))`
      expect((await execIn(sandbox, ['node', '-e', send], through())).stdout).toBe('heard 5000000\n')
    })

    it('are there for setup and guests, and refused for work, verification and tool servers', async () => {
      const guest = await world.opened({ purpose: 'guest' })
      expect((await execIn(guest, greet(ANSWERED), through())).stdout).toBe('heard hello\nclosed\n')
      for (const purpose of ['work', 'verify', 'tool_server'] as const) {
        const sandbox = purpose === 'work' ? await world.shared() : await world.opened({ purpose })
        const refused = { code: 'sandbox_control_missing' }
        await expect(execIn(sandbox, ['true'], through()), purpose).rejects.toMatchObject(refused)
        await expect(sandbox.start({ argv: ['true'], timeout_ms: 1000, ...through() })).rejects.toMatchObject(refused)
        expect(await execIn(sandbox, ['true'])).toMatchObject({ exit_code: 0 })
      }
    })

    it('change nothing about exit codes, signals, a missing program and standard input', async () => {
      const sandbox = await setup()
      const results: readonly ExecResult[] = [
        await shellIn(sandbox, 'exit 5', through()),
        await shellIn(sandbox, 'kill -9 $$', through()),
        await execIn(sandbox, ['no-such-program'], through()),
        await execIn(sandbox, ['cat'], { ...through(), stdin: 'in' }),
      ]
      expect(results.map(({ exit_code, signal, stdout }) => [exit_code, signal, stdout])).toEqual([
        [5, null, ''],
        [null, 'SIGKILL', ''],
        [127, null, ''],
        [0, null, 'in'],
      ])
    })

    it('are refused at a port that no command can have, or twice at one', async () => {
      const sandbox = await setup()
      const at = (...ports: readonly number[]) => ({
        network: { kind: 'doors' as const, doors: ports.map((port) => ({ socket, port })) },
      })
      for (const network of [at(80), at(0), at(70_000), at(41_000, 41_000), at(1.5)]) {
        expect(await execIn(sandbox, ['true'], network)).toMatchObject({ exit_code: 126 })
      }
      expect(await execIn(sandbox, ['true'], at(41_000, 41_003))).toMatchObject({ exit_code: 0 })
    })
  })
}
