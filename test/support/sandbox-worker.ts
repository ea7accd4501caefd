// A worker to be killed: opens a sandbox, prints its first process's id, and keeps a command running in it.
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import type { SandboxSpec } from '#ports'

const [home = '', spec = '{}', mark = '', engine] = process.argv.slice(2)
/** The engine's options as JSON; absent for bubblewrap. */
const driver =
  engine === undefined
    ? createBubblewrapDriver({ home })
    : createDockerDriver({ home, ...(JSON.parse(engine) as Omit<Parameters<typeof createDockerDriver>[0], 'home'>) })
const sandbox = await driver.open(JSON.parse(spec) as SandboxSpec)
process.stdout.write(`${/^\/proc\/(\d+)\//.exec(sandbox.tree.path)?.[1] ?? ''}\n`)
await sandbox.exec({
  argv: ['sh', '-c', `echo ${mark} > written; setsid sleep ${mark} & sleep ${mark}`],
  timeout_ms: 600_000,
  output_bytes: 1000,
  network: { kind: 'none' },
})
