import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Processes of this machine that sleep for the marked time. */
export const running = (mark: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `sleep\0${mark}\0`
      } catch {
        return false
      }
    })

/** Control groups of these processes that are not this process's own as well. */
export const groupsOf = (pids: readonly string[]): readonly string[] => {
  const rowsOf = (pid: string): readonly string[] => readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n')
  const own = new Set(rowsOf('self'))
  return [...new Set(pids.flatMap(rowsOf))].flatMap((row) => {
    const [, names = '', path = '/'] = /^\d+:([^:]*):(.+)$/.exec(row) ?? []
    if (path === '/' || own.has(row)) return []
    return [join('/sys/fs/cgroup', names, path)].filter((folder) => existsSync(folder))
  })
}
