import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { parse, Lang } from '@ast-grep/napi'
import { createCodeReader } from '#adapters/git'
import { createSegmentFolder, indexCommit, type CodeIndex } from '#execution-plane/code-index'
import { localise } from '#execution-plane/localisation'
import type { CodeAtCommit } from '#ports'
import { languageOf } from '#syntax'
import { git } from './localisation/instances.ts'

/**
 * What indexing a repository costs: cold, warm, with one file changed, and a question. Beside it, in the same run: a
 * floor (git gives every blob that is looked into, and nothing is done with it) and ast-grep, which parses the same
 * files of JavaScript and TypeScript in one thread and keeps nothing. `--repomix CLI` adds repomix, whose outline
 * (`--compress`) is the nearest to an index that people use: over a checkout of the same commit, its scan for secrets
 * left out. Times are wall clock; the least of several rounds. Memory is that of the whole process with its threads.
 */
const { values } = parseArgs({
  options: {
    repo: { type: 'string' },
    at: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    repomix: { type: 'string' },
  },
})
const { repo, at } = values
if (repo === undefined) throw new Error('It takes --repo FOLDER: a git repository, bare or not.')
const rounds = Number(values.rounds)
const ISSUE = `Timeout is ignored when a connection is reused

Calling \`request\` twice with a \`timeout\` raises no error the second time. \`close()\` is never reached.`

async function least(work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await work()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

const lookedInto = (index: CodeIndex) => index.files.filter(({ facts }) => facts !== undefined)
const linesOf = (index: CodeIndex): number =>
  lookedInto(index).reduce(
    (sum, { facts }) =>
      sum + (facts === undefined ? 0 : (index.segments[facts.segment]?.document(facts.doc).lines ?? 0)),
    0,
  )

async function readAll(code: CodeAtCommit, blobs: readonly string[]): Promise<readonly Uint8Array[]> {
  const contents = await Promise.all(blobs.map((blob) => code.read(blob)))
  return contents.filter((bytes) => bytes !== undefined)
}

const run = promisify(execFile)

/** Packs the commit's outline by repomix, from a checkout that is made before the clock starts. */
async function repomix(cli: string, commit: string): Promise<number> {
  const checkout = await mkdtemp(join(tmpdir(), 'gander-bench-repomix-'))
  try {
    const tar = join(checkout, 'whole.tar')
    await git(repo ?? '', ['archive', '--output', tar, commit])
    await run('tar', ['-xf', tar, '-C', checkout])
    await rm(tar)
    const output = join(checkout, 'repomix-output.xml')
    const quiet = ['--quiet', '--no-security-check', '--compress', '--output', output]
    return await least(() => run(process.execPath, [cli, ...quiet, checkout]))
  } finally {
    await rm(checkout, { recursive: true, force: true })
  }
}

const open = createCodeReader()
const code = await open(repo, at ?? null)
const folder = await mkdtemp(join(tmpdir(), 'gander-bench-map-'))
try {
  const turns = monitorEventLoopDelay({ resolution: 5 })
  turns.enable()
  const cold = await least(async () => {
    await rm(folder, { recursive: true, force: true })
    await indexCommit(code, createSegmentFolder(folder))
  })
  turns.disable()
  const memory = Math.round(process.resourceUsage().maxRSS / 1024)
  const index = await indexCommit(code, createSegmentFolder(folder))
  const warm = await least(() => indexCommit(code, createSegmentFolder(folder)))
  const parent = (await git(repo, ['rev-parse', `${code.commit}~1`])).trim()
  const before = await open(repo, parent)
  const earlier = await indexCommit(before, undefined)
  const changed = await least(() => indexCommit(code, undefined, earlier.segments))
  const parsed = (await indexCommit(code, undefined, earlier.segments)).effort.parsed_blobs
  before.close()
  const question = await least(async () => localise({ index, commit: code.commit, issue: ISSUE, past: [], top: 10 }))
  const blobs = [...new Set(lookedInto(index).map(({ blob }) => blob))]
  const floor = await least(() => readAll(code, blobs))
  const scripts = lookedInto(index).filter(({ path }) => /^(typescript|tsx|javascript)$/.test(languageOf(path) ?? ''))
  const texts = (
    await readAll(
      code,
      scripts.map(({ blob }) => blob),
    )
  ).map((bytes) => new TextDecoder().decode(bytes))
  const ast_grep = await least(async () => {
    for (const text of texts) parse(Lang.Tsx, text).root()
  })
  const row = (name: string, ms: number, note: string) => console.log(`| ${name} | ${ms.toFixed(1)} | ${note} |`)
  console.log(`${lookedInto(index).length} files, ${linesOf(index)} lines, ${rounds} rounds\n`)
  console.log('| what | least ms | beside |\n|---|---|---|')
  row('floor: git gives every blob', floor, '1.00')
  row('cold', cold, `${(cold / floor).toFixed(2)} of the floor`)
  row('warm', warm, `${(warm / floor).toFixed(2)} of the floor`)
  row('next commit', changed, `${parsed} blobs parsed`)
  row('question', question, 'without history')
  if (texts.length > 0)
    row('ast-grep', ast_grep, `parses ${texts.length} files of JavaScript and TypeScript, keeps nothing`)
  if (values.repomix !== undefined) {
    const packed = await repomix(values.repomix, code.commit)
    row('repomix --compress', packed, `cold is ${(cold / packed).toFixed(2)} of it`)
  }
  const [longest, most] = [turns.max, turns.percentile(99)].map((ns) => (ns / 1e6).toFixed(0))
  console.log(`\ncold: ${memory} MB at most; longest turn of the event loop ${longest} ms, 99 % up to ${most} ms`)
} finally {
  code.close()
  await rm(folder, { recursive: true, force: true })
}
