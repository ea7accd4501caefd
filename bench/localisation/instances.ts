import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** One issue with what its fix changed. */
export interface Instance {
  readonly instance_id: string
  /** `owner/name`; its clone is the folder `owner+name` below that of the clones. */
  readonly repo: string
  readonly base_commit: string
  readonly problem_statement: string
  readonly gold_files: readonly string[]
  /** By gold file: the functions its fix changed, where somebody labelled them. */
  readonly expected_spans?: Readonly<Record<string, readonly string[]>>
  /** The commit that mended it, where its history is the label. */
  readonly fix_commit?: string
}

const run = promisify(execFile)
const MOST_OUTPUT = 1 << 30

export const readInstances = async (file: string): Promise<readonly Instance[]> =>
  JSON.parse(await readFile(file, 'utf8')) as readonly Instance[]

/** The git folder of an instance's repository: a bare clone, or one with a checkout. */
export const cloneOf = (clones: string, { repo }: Pick<Instance, 'repo'>): string =>
  join(clones, repo.replace('/', '+'), 'repo')

export async function git(repository: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', repository, ...args], { maxBuffer: MOST_OUTPUT })
  return stdout
}
