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

/** The process of that work, wherever it lives on this machine; undefined where there is none. */
export async function processOf(marker: number): Promise<number | undefined> {
  for (const name of await readdir('/proc'))
    if (/^\d+$/.test(name) && (await isProcessOf(marker, Number(name)))) return Number(name)
  return undefined
}

/** True while that process is the work of the marker; cheap enough to be asked often. */
export const isProcessOf = async (marker: number, pid: number): Promise<boolean> =>
  (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) === `sleep\0${markerText(marker)}\0`

/** True while a process of that work lives anywhere on this machine. */
export const isAlive = async (marker: number): Promise<boolean> => (await processOf(marker)) !== undefined
