import { execFileSync, spawnSync } from 'node:child_process'
import { isRunnerConfiguration, isSnapshot, isTestFile } from '#execution-plane/test-integrity'

/** One honest commit: the files it changes with both texts; binary and huge ones are left out. */
export interface HonestCommit {
  readonly project: string
  readonly commit: string
  readonly files: readonly {
    readonly path: string
    readonly before: string | undefined
    readonly after: string | undefined
  }[]
}

const SOURCE = /\.(?:py|[cm]?[jt]sx?|java|go|rs|rb|php|cs|c|cc|cpp|h|hpp)$/
const FIX = /\b(?:fix(?:e[sd])?|bug|issue|regression|correct|wrong|crash|broken|close[sd]?|resolve[sd]?|#\d+)\b/i
const MAX_FILES = 20

/** The newest commits of a clone that say they mend something and change both tests and source. */
export function honestCommits(clone: string, project: string, most: number): readonly HonestCommit[] {
  const log = execFileSync(
    'git',
    ['-C', clone, 'log', '--no-merges', '--no-renames', '--name-only', '--format=<<commit %H>>%n%B<<paths>>', '-6000'],
    { maxBuffer: 1 << 29, encoding: 'utf8' },
  )
  const wanted = log.split('<<commit ').flatMap((entry) => {
    const [, commit = '', message = '', names = ''] = /^(\w+)>>\n([\s\S]*)<<paths>>([\s\S]*)$/.exec(entry) ?? []
    const paths = names.split('\n').filter((path) => path !== '')
    const sources = paths.filter((path) => SOURCE.test(path))
    const fits = paths.length <= MAX_FILES && FIX.test(message) && sources.some(isTestFile)
    return fits && sources.some((path) => !isTestFile(path)) ? [{ commit, paths }] : []
  })
  return wanted.slice(0, most).map(({ commit, paths }) => ({ project, commit, files: readFiles(clone, commit, paths) }))
}

/** One issue of SWE-bench: its number is that of the pull request that mended it. */
export interface MendedIssue {
  readonly instance_id: string
  readonly repo: string
  readonly gold_files: readonly string[]
}

/** The commits by which pull requests landed in a clone that has them: each changes what its issue's fix changed. */
export function landedFixes(clone: string, project: string, issues: readonly MendedIssue[]): readonly HonestCommit[] {
  const git = (...args: readonly string[]): readonly string[] =>
    spawnSync('git', ['-C', clone, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout.split('\n')
  return issues.flatMap(({ instance_id, repo, gold_files }) => {
    const number = /\d+$/.exec(instance_id)?.[0]
    if (repo !== project || number === undefined) return []
    const named = git('log', '--all', '--format=%H', '-E', `--grep=#${number}\\b`).filter(Boolean)
    for (const commit of named) {
      const paths = git('diff', '--name-only', '--no-renames', `${commit}^`, commit).filter(Boolean)
      if (paths.length <= MAX_FILES && gold_files.every((path) => paths.includes(path)))
        return [{ project, commit, files: readFiles(clone, commit, paths) }]
    }
    return []
  })
}

function readFiles(clone: string, commit: string, paths: readonly string[]): HonestCommit['files'] {
  const wanted = paths.flatMap((path) => [`${commit}^:${path}`, `${commit}:${path}`])
  const { stdout } = spawnSync('git', ['-C', clone, 'cat-file', '--batch'], {
    input: `${wanted.join('\n')}\n`,
    maxBuffer: 1 << 29,
  })
  const texts: (string | undefined)[] = []
  let at = 0
  for (const _ of wanted) {
    const end = stdout.indexOf(10, at)
    const size = Number(/ blob (\d+)$/.exec(stdout.toString('utf8', at, end))?.[1])
    if (Number.isNaN(size)) texts.push(undefined)
    else texts.push(stdout.toString('utf8', end + 1, end + 1 + size))
    at = Number.isNaN(size) ? end + 1 : end + 2 + size
  }
  return paths
    .map((path, index) => ({ path, before: texts[index * 2], after: texts[index * 2 + 1] }))
    .filter(({ before, after }) => before !== after && ![before, after].some((text) => text?.includes('\0')))
}

/** What a test may be off by, however it is spelled. */
const TOLERANCE =
  'toBeCloseTo|approx\\(|isclose|[ar]tol=|abs=|rel=|InDelta|AlmostEqual|places=|epsilon|delta|tolerance|< ?1e-'
const MOST_BYTES = 60_000

/**
 * Files of the tree of a commit that it does not change, with their text: configuration of runners, recorded
 * expectations, tests that allow a tolerance, and others; the seed decides which.
 */
export function bystanders(
  clone: string,
  { commit, files }: HonestCommit,
  seed: number,
): readonly (readonly [path: string, text: string])[] {
  const git = (...args: readonly string[]) =>
    spawnSync('git', ['-C', clone, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout
  const own = new Set(files.map(({ path }) => path))
  const paths = git('ls-tree', '-r', '-l', commit)
    .split('\n')
    .flatMap((line) => {
      const [, size = '', path = ''] = /^\d+ blob \S+ +(\d+)\t(.*)$/.exec(line) ?? []
      return path === '' || Number(size) > MOST_BYTES || own.has(path) ? [] : [path]
    })
  const some = (list: readonly string[], most: number) =>
    list.length === 0 ? [] : [...Array(most).keys()].flatMap((at) => list[(seed * 31 + at * 17) % list.length] ?? [])
  const sources = paths.filter((path) => isTestFile(path) && SOURCE.test(path))
  const exact = new Set(
    git('grep', '-l', '-E', TOLERANCE, commit)
      .split('\n')
      .map((line) => line.slice(commit.length + 1)),
  )
  const wanted = new Set([
    ...some(sources, 3),
    ...some(
      sources.filter((path) => exact.has(path)),
      3,
    ),
    ...paths.filter((path) => isRunnerConfiguration(path) && path.split('/').length < 4).slice(0, 8),
    ...some(paths.filter(isSnapshot), 2),
  ])
  return [...wanted].map((path) => [path, git('show', `${commit}:${path}`)] as const)
}
