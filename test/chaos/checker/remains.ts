import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { each, type Ground, type Violation } from './ground.ts'

/** I10: no folder, mount, control group or process of a sandbox whose worker is gone. */
export async function checkRemains({
  homes,
  settled,
}: Pick<Ground, 'homes' | 'settled'>): Promise<readonly Violation[]> {
  if (!settled) return []
  const left = await Promise.all(homes.map(remainsOf))
  return each('I10', left.flat(), (what) => what)
}

async function remainsOf(home: string): Promise<readonly string[]> {
  const sandboxes = join(home, 'sandboxes')
  const folders = (await readdir(sandboxes).catch(() => [])).filter((name) => /^\d+$/.test(name))
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => line.includes(sandboxes))
  const groups = await Promise.all(folders.map((name) => groupsOf(join(sandboxes, name, 'sandbox.json'))))
  const processes = await processesOver(sandboxes)
  return [
    ...folders.map((name) => `the sandbox ${join(sandboxes, name)} is left`),
    ...mounts.map((line) => `a mount is left: ${line.slice(0, 120)}`),
    ...groups.flat().map((group) => `the control group ${group} is left`),
    ...processes.map((pid) => `process ${pid} of a sandbox is left`),
  ]
}

async function groupsOf(record: string): Promise<readonly string[]> {
  const text = await readFile(record, 'utf8').catch(() => '{}')
  return (JSON.parse(text) as { cgroups?: readonly string[] }).cgroups ?? []
}

async function processesOver(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(
    pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] as const),
  )
  return commands.filter(([, command]) => command.includes(folder)).map(([pid]) => pid)
}
