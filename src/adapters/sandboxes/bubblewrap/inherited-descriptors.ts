import { openSync, readdirSync } from 'node:fs'
import { readText } from '../fence/read-text.ts'

const CLOSE_ON_EXEC = 0o2000000

let null_device: number | undefined
const nullDevice = (): number => (null_device ??= openSync('/dev/null', 'r'))

/**
 * Fills the places of descriptors that this process was started with and that would be passed on to every child: each
 * gets /dev/null instead. `from` is the first number the caller does not use itself. Empty on a clean process.
 */
export const shieldInherited = (from: number): readonly ('ignore' | number)[] => {
  const leaking = readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd >= from)
    .filter((fd) => {
      const flags = /^flags:\s*(\d+)/m.exec(readText(`/proc/self/fdinfo/${fd}`) ?? '')?.[1]
      return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
    })
  const highest = Math.max(from - 1, ...leaking)
  // Above 2, `ignore` leaves a descriptor as it is: closed where it is closed here.
  return Array.from({ length: highest - from + 1 }, (_, index) =>
    leaking.includes(from + index) ? nullDevice() : 'ignore',
  )
}
