import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import process from 'node:process'
import type { WorkerIdentity } from '#ports'
import { identifiers } from './system-clock.ts'

/** Who this process is: with boot id and start time a dead worker is told from a later process with its number. */
export function workerIdentity(): WorkerIdentity {
  return {
    id: identifiers.make('worker'),
    host: hostname(),
    boot_id: firstLine('/proc/sys/kernel/random/boot_id'),
    pid: process.pid,
    started_at: startTicks(),
  }
}

/** Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets, so it is counted from its end. */
function startTicks(): string {
  const stat = firstLine('/proc/self/stat')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function firstLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n')[0] ?? ''
  } catch {
    // Not Linux: leases of dead workers then end by expiry alone.
    return ''
  }
}
