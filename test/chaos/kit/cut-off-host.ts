import { execFile } from 'node:child_process'
import { createServer, connect, type Socket } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A host of its own as far as the network goes: a namespace whose one link leads to the database and can be cut. */
export interface CutOffHost {
  /** Put before a program, so that it runs there. The file system is this machine's. */
  readonly wrapper: readonly string[]
  /** Address of the database from there. */
  readonly database_url: string
  /** Packets are lost from now on, in both directions; nobody is told. */
  cut(): Promise<void>
  mend(): Promise<void>
  close(): Promise<void>
}

/** Opens one of up to 60 such hosts; needs root and `ip`. The database listens on a socket, which is led to the link. */
export async function openCutOffHost(database_url: string, number: number): Promise<CutOffHost> {
  const name = `gander-chaos-${process.pid}-${number}`
  const link = `gch${process.pid % 100_000}n${number}`
  const [here, there] = [`10.213.${number}.1`, `10.213.${number}.2`]
  const ip = (...words: readonly string[]) => run('ip', words)
  await ip('netns', 'add', name)
  await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  await ip('address', 'add', `${here}/30`, 'dev', link)
  await ip('link', 'set', link, 'up')
  await ip('-n', name, 'address', 'add', `${there}/30`, 'dev', 'eth0')
  await ip('-n', name, 'link', 'set', 'eth0', 'up')
  await ip('-n', name, 'link', 'set', 'lo', 'up')
  const door = await openDoor(database_url, here)
  const address = new URL(database_url.replace('@/', '@localhost/'))
  return {
    // `ip netns exec` would also hide the control groups that sandboxes need.
    wrapper: ['nsenter', `--net=/run/netns/${name}`],
    database_url: `postgres://${address.username}:${address.password}@${here}:${door.port}${address.pathname}`,
    cut: async () => void (await ip('link', 'set', link, 'down')),
    mend: async () => void (await ip('link', 'set', link, 'up')),
    close: async () => {
      await door.close()
      await ip('netns', 'delete', name)
    },
  }
}

/** Leads connections from a link to the socket that the database listens on. */
async function openDoor(database_url: string, host: string) {
  const folder = new URL(database_url.replace('@/', '@localhost/')).searchParams.get('host') ?? ''
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(join(folder, '.s.PGSQL.5432'))
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => undefined)
    }
    client.pipe(database).pipe(client)
    client.on('close', () => database.destroy())
    database.on('close', () => client.destroy())
  })
  const port = await new Promise<number>((listening) =>
    server.listen(0, host, () => {
      const address = server.address()
      listening(typeof address === 'object' && address !== null ? address.port : 0)
    }),
  )
  return {
    port,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise<void>((closed) => server.close(() => closed()))
    },
  }
}
