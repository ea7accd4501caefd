// A worker to be killed: opens a sandbox, prints its holder's id, and keeps a command running in it.
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import type { SandboxSpec } from '#ports'

const [home = '', spec = '{}', mark = ''] = process.argv.slice(2)
const sandbox = await createBubblewrapDriver({ home }).open(JSON.parse(spec) as SandboxSpec)
process.stdout.write(`${/^\/proc\/(\d+)\//.exec(sandbox.tree.path)?.[1] ?? ''}\n`)
await sandbox.exec({
  argv: ['sh', '-c', `echo ${mark} > written; setsid sleep ${mark} & sleep ${mark}`],
  timeout_ms: 600_000,
  output_bytes: 1000,
  network: { kind: 'none' },
})
