import { readFileSync } from 'node:fs'
import type { BareDatabase } from './database.ts'
import type { Figure } from './figures.ts'
import { gatewaysOf, processes } from './processes.ts'
import type { World } from './world.ts'

/** Resident memory after the runs: the worker (with this measurement in it), the gateway, and the server. */
export async function measureMemory(world: World, database: BareDatabase): Promise<readonly Figure[]> {
  const all = processes()
  const gateway = gatewaysOf(world.home)
  const backend = await database.backend()
  const postmaster = all.find(({ pid }) => pid === backend)?.parent
  const server = all.filter(({ pid, parent }) => pid === postmaster || parent === postmaster)
  return [
    figure('worker, with model and measurement', [process.pid], 'Rss'),
    figure(
      'gateway',
      gateway.map(({ pid }) => pid),
      'Rss',
    ),
    figure(
      `postgres, ${server.length} processes, shared pages once`,
      server.map(({ pid }) => pid),
      'Pss',
    ),
  ]
}

function figure(what: string, pids: readonly number[], kind: 'Rss' | 'Pss'): Figure {
  const kilobytes = pids.map((pid) => memoryOf(pid, kind)).reduce((sum, value) => sum + value, 0)
  return { benchmark: 'memory', what, unit: 'MB', p50: kilobytes / 1024, samples: pids.length }
}

function memoryOf(pid: number, kind: 'Rss' | 'Pss'): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(new RegExp(`^${kind}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0)
  } catch {
    return 0
  }
}
