import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
  readonly cwd: string
}

/** Every process that can be looked at. */
export function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return [{ pid: Number(name), parent, command, cwd: readlinkSync(`/proc/${name}/cwd`) }]
      } catch {
        return []
      }
    })
}

/** A home's gateway: its title hides its arguments, and its working folder is the home. */
export const gatewaysOf = (home: string): readonly Process[] =>
  processes().filter(({ command, cwd }) => command.startsWith('gander-gateway') && cwd === home)

const PATIENCE_MS = 20_000

/** Ends what serves a home, and waits: the last process to leave stops the database, and needs the home for it. */
export async function endServers(home: string): Promise<void> {
  for (const { pid } of gatewaysOf(home)) process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + PATIENCE_MS
  const isServed = () => processes().some(({ command, cwd }) => cwd.startsWith(home) || command.includes(`${home}/`))
  while (isServed() && Date.now() < deadline) await new Promise((settle) => setTimeout(settle, 50))
}
