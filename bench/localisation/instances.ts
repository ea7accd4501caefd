import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { PastCommit, TreeEntry } from '#ports'

/** One issue with what its fix changed. */
export interface Instance {
  readonly instance_id: string
  /** `owner/name`; its clone is the folder `owner+name` below that of the clones. */
  readonly repo: string
  readonly base_commit: string
  readonly problem_statement: string
  readonly gold_files: readonly string[]
}

const run = promisify(execFile)
const MOST_OUTPUT = 1 << 30
const MOST_COMMITS = 8_000

export const readInstances = async (file: string): Promise<readonly Instance[]> =>
  JSON.parse(await readFile(file, 'utf8')) as readonly Instance[]

/** The git folder of an instance's repository: a bare clone, or one with a checkout. */
export const cloneOf = (clones: string, { repo }: Pick<Instance, 'repo'>): string =>
  join(clones, repo.replace('/', '+'), 'repo')

export async function git(repository: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', repository, ...args], { maxBuffer: MOST_OUTPUT })
  return stdout
}

/** Every path of a commit. */
export async function treeOf(repository: string, commit: string): Promise<readonly TreeEntry[]> {
  const output = await git(repository, ['ls-tree', '-r', '-l', '-z', commit])
  return output.split('\0').flatMap((line) => {
    const tab = line.indexOf('\t')
    const [mode = '', , blob = '', bytes = ''] = line.slice(0, tab).split(/ +/)
    return tab < 0 ? [] : [{ path: line.slice(tab + 1), mode, blob, bytes: Number(bytes) || 0 }]
  })
}

/** What a commit descends from, newest first. */
export async function pastOfCommit(repository: string, commit: string): Promise<readonly PastCommit[]> {
  const format = '--format=%x01%ct%x00%s%n%b%x02'
  const args = ['log', commit, '--no-merges', `--max-count=${MOST_COMMITS}`, '--no-renames', format, '--name-only']
  return (await git(repository, args)).split('\x01').flatMap((entry) => {
    const [head = '', names = ''] = entry.split('\x02')
    const [time = '', message = ''] = head.split('\0')
    const paths = names.split('\n').filter((name) => name !== '')
    return entry === '' ? [] : [{ time: Number(time), message, paths }]
  })
}
