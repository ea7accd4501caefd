import { readdir, readFile } from 'node:fs/promises'
import type { AgentChoice } from '#domain/task'

/** Work that goes on until somebody ends it; the marker is an argument that `isAlive` finds among all processes. */
export const endlessWork = (marker: number): AgentChoice => ({
  kind: 'transform',
  rule: {
    kind: 'command',
    argv: ['sh', '-c', `echo begun >> greeting.txt; exec sleep ${markerText(marker)}`],
  },
})

const markerText = (marker: number): string => `86${String(marker).padStart(6, '0')}`

/** True while a process of that work lives anywhere on this machine. */
export async function isAlive(marker: number): Promise<boolean> {
  const wanted = `sleep\0${markerText(marker)}\0`
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command === wanted) return true
  }
  return false
}
