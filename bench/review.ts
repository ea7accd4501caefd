import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createRepositories } from '#adapters/git'
import type { RunId } from '#domain/ids'
import { DEFAULT_SCOPE, type Task } from '#domain/task'
import { createPolicy } from '#control-plane/policy'
import { createRedactor } from '#evidence-plane/redaction'
import { examineChange } from '#execution-plane/patch'
import { reviewChange } from '#execution-plane/review'
import { identifiers } from '../src/main/system-clock.ts'
import { quantile, spread, table, timed } from './figures.ts'
import { git } from './world.ts'

/**
 * A change of 200 files through every deterministic check, the boundary report and the review, against git's own
 * `diff --stat` and the reading of the same blobs in the same run. The files are Gander's own sources and tests, a third
 * of them with a new function and the others with a new line of code, so that they read as code does. SAMPLES (7) times.
 */
interface Sample {
  readonly took: number
  readonly cpu: number
}

const FILES = 200
const GOAL_MS = 1_000
const samples = Number(process.env['SAMPLES'] ?? 7)
const SOURCES = fileURLToPath(new URL('../src/', import.meta.url))
const WORDS = { title: 'bench', objective: 'bench', success_criteria: [], constraints: [] }
const scope = { ...DEFAULT_SCOPE, max_changed_files: FILES, max_diff_lines: 100_000 }
// The checks read a task's words and scope alone.
const TASK = { ...WORDS, scope, is_fix: false, capability: 'advisor.review' } as unknown as Task
const root = await mkdtemp(join(tmpdir(), 'gander-bench-review-'))

try {
  const repository = join(root, 'repository')
  await makeChange(repository)
  const repositories = createRepositories({ home: join(root, 'home'), runs: join(root, 'runs') })
  const [base, head] = [await repositories.resolve(repository, 'base'), await repositories.resolve(repository, 'main')]
  const policy = createPolicy({ identifiers })
  const redactor = createRedactor()
  // What a process does once, such as reading grammars, is the first sample's and is told apart.
  const review = async (sample: number) => {
    const opened = await repositories.open(`bench-${sample}`, base, head)
    try {
      const before = process.cpuUsage()
      const took = await timed(async () => {
        const change = await opened.diff(base.tree, head.tree)
        const asked = { task: TASK, run_id: 'run_bench' as RunId, state: 'verifying', change, refused: [] } as const
        const { verdicts } = await examineChange({ ...asked, repository: opened, policy, redactor })
        const tree = (await opened.listFiles(head.tree)).map(({ path }) => path)
        const sides = { base: { commit: base.commit, tree: base.tree }, head: { commit: head.commit, tree: head.tree } }
        const compared = { way: 'trees', base: 'base', base_commit: base.commit } as const
        reviewChange({ ...sides, compared, change, verdicts, paths: tree, evidence: null, earlier: [], model: null })
      })
      const { user, system } = process.cpuUsage(before)
      return { took, cpu: (user + system) / 1_000 }
    } finally {
      await opened.remove()
    }
  }
  const first = await review(0)
  const times: Sample[] = []
  const floors: number[] = []
  // Alternating, so that what else the machine does meets both alike.
  for (let sample = 1; sample <= samples; sample++) {
    floors.push(await timed(async () => readByGit(repository)))
    times.push(await review(sample))
  }
  const of = { benchmark: 'review', unit: 'ms' } as const
  const floor = { what: 'diff --stat and its blobs', p50: quantile(floors, 0.5) }
  const wall = spread(times.map(({ took }) => took))
  const goal = { text: '< 1 s', met: wall.p50 < GOAL_MS }
  console.log(
    table([
      { ...of, what: `${FILES} files, checks and review`, ...wall, floor, goal },
      { ...of, what: 'processor time of it', ...spread(times.map(({ cpu }) => cpu)) },
      { ...of, what: 'the first in a process', ...spread([first.took]) },
    ]),
  )
} finally {
  await rm(root, { recursive: true, force: true, maxRetries: 5 })
}

/** Two commits, `base` and `main`, of the first sources of this checkout. */
async function makeChange(at: string): Promise<void> {
  const all = (await readdir(SOURCES, { recursive: true })).filter((path) => path.endsWith('.ts')).toSorted()
  const step = Math.floor(all.length / FILES)
  const paths = all.filter((_, index) => index % step === 0).slice(0, FILES)
  await mkdir(at, { recursive: true })
  await git(at, 'init', '--quiet', '--initial-branch=main')
  const texts = await Promise.all(paths.map((path) => readFile(join(SOURCES, path), 'utf8')))
  await write(at, paths, texts)
  await git(at, 'tag', 'base')
  await write(at, paths, texts.map(changed))
}

async function write(at: string, paths: readonly string[], texts: readonly string[]): Promise<void> {
  for (const [index, path] of paths.entries()) {
    const place = join(at, 'src', path)
    await mkdir(dirname(place), { recursive: true })
    await writeFile(place, texts[index] ?? '')
  }
  await git(at, 'add', '--all')
  await git(at, 'commit', '--quiet', '--message', 'sources')
}

function changed(text: string, index: number): string {
  const added = `\n/** Counts what is there. */\nexport function count${index}(all: readonly string[]): number {\n  const there = all.filter((each) => each !== '')\n  return there.length + ${index}\n}\n`
  if (index % 3 === 0) return text + added
  const lines = text.split('\n')
  const at = lines.findLastIndex((line) => /^ {2}(?:return|const) /.test(line))
  if (at === -1) return text + added
  return [...lines.slice(0, at), `  if (0 > ${index}) throw new Error('never')`, ...lines.slice(at)].join('\n')
}

/** What any reader of a change has to do: the statistics, and both contents of every path. */
async function readByGit(at: string): Promise<void> {
  await said(at, ['diff', '--stat', 'base', 'main'])
  const raw = await said(at, ['diff', '--raw', '--no-abbrev', 'base', 'main'])
  const blobs = raw.split('\n').flatMap((line) => line.split(' ').slice(2, 4))
  await said(at, ['cat-file', '--batch'], `${blobs.join('\n')}\n`)
}

async function said(at: string, words: readonly string[], input = ''): Promise<string> {
  const child = spawn('git', ['-C', at, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stdin.end(input)
  await once(child, 'close')
  return Buffer.concat(chunks).toString('utf8')
}
