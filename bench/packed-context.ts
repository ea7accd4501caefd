import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCodeReader } from '#adapters/git'
import { createSegmentFolder, indexCommit, type CodeIndex } from '#execution-plane/code-index'
import { packSlices, SHARES, type Shares } from '#execution-plane/code-view'
import { createWrapper, tokenCounterOf, type CodeSlice } from '#execution-plane/context'
import { candidatesOf, FEATURES, localise, readIssue } from '#execution-plane/localisation'
import type { RankedFile } from '#ports'
import { fitWeights, scored, type Lesson, type Weights } from './localisation/fit.ts'
import { cloneOf, readInstances, type Instance } from './localisation/instances.ts'
import { plainBm25, splitBm25, textsOf } from './localisation/peers.ts'
import { goldLinesOf, linesIn, shareOf, type Found, type GoldLines } from './localisation/packed.ts'

/**
 * How often a context of so many tokens holds what a fix changed, beside whole files in the order of BM25 until it is
 * full, as SWE-bench packs them. Weights of the ranker and shares of the packer are chosen on the other repositories each
 * time. `--write` prints the shares that all of them choose.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    clones: { type: 'string' },
    cache: { type: 'string' },
    pull: { type: 'string', default: '8' },
    fixed: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const { data, clones, cache } = values
if (data === undefined || clones === undefined)
  throw new Error('It takes --data FILE (instances as JSON) and --clones FOLDER (owner+name/repo below it).')

const ROOMS = [13_000, 27_000] as const
const openai = tokenCounterOf({ provider: 'openai', model: 'gpt' })
const counts = new Map<string, number>()
/** Counts each text once: every choice of shares asks for the same ones. */
const counter = {
  family: openai.family,
  count(text: string): number {
    const known = counts.get(text) ?? openai.count(text)
    counts.set(text, known)
    return known
  },
}
const wrap = createWrapper()
const MOST_COMMITS = 4_000
/** Files that a packer of any shares could ask for. */
const MOST_FILES = 80

/** What shares are chosen from. */
const CHOICES: readonly Shares[] = [40, 70].flatMap((files) =>
  [0.3, 0.5].flatMap((outlines) =>
    [110, 220].flatMap((outline) =>
      [
        { first: 0.3, decay: 0.85 },
        { first: 0.5, decay: 0.8 },
      ].map((bodies) => ({ files, outlines, outline, ...bodies, fades: 0.85 })),
    ),
  ),
)

interface Prepared {
  readonly repo: string
  readonly index: CodeIndex
  readonly paths: readonly string[]
  readonly functions: ReadonlyMap<string, RankedFile>
  readonly lesson: Lesson
  readonly gold: readonly string[]
  readonly lines: readonly GoldLines[]
  readonly blobs: ReadonlyMap<string, Uint8Array>
  readonly peers: Readonly<Record<string, Readonly<Record<number, Found>>>>
}

async function prepare(instance: Instance, clone: string): Promise<Prepared> {
  const code = await createCodeReader()(clone, instance.base_commit)
  try {
    const store = cache === undefined ? undefined : createSegmentFolder(join(cache, instance.repo.replace('/', '+')))
    const index = await indexCommit(code, store)
    const past = await code.past(MOST_COMMITS)
    const issue = instance.problem_statement
    const found = candidatesOf(index, readIssue(issue), past)
    const ranked = localise({ index, commit: code.commit, issue, past, top: found.length })
    const texts = await textsOf(index, (blob) => code.read(blob))
    const wholes = new Map(texts.map(({ path, text }) => [path, text]))
    const gold = instance.gold_files
    const lines = goldLinesOf(index, instance)
    const peer = (ranking: readonly string[]) =>
      Object.fromEntries(ROOMS.map((room) => [room, wholeFiles(ranking, wholes, { room, gold, lines })]))
    const blobs = new Map<string, Uint8Array>()
    for (const { path } of ranked.slice(0, 2 * MOST_FILES)) {
      const blob = index.files.find((file) => file.path === path)?.blob ?? ''
      blobs.set(blob, (await code.read(blob)) ?? new Uint8Array())
    }
    return {
      repo: instance.repo,
      index,
      paths: found.map(({ path }) => path),
      functions: new Map(ranked.map((file) => [file.path, file])),
      lesson: {
        repo: instance.repo,
        features: found.map(({ features }) => FEATURES.map((feature) => features[feature])),
        gold: found.map(({ path }) => gold.includes(path)),
      },
      gold,
      lines,
      blobs,
      peers: { 'BM25, words': peer(plainBm25(texts, issue)), 'BM25, parts': peer(splitBm25(texts, issue)) },
    }
  } finally {
    code.close()
  }
}

/** Whole files until the next one does not fit. */
function wholeFiles(
  ranking: readonly string[],
  texts: ReadonlyMap<string, string>,
  { room, gold, lines }: { readonly room: number } & Pick<Prepared, 'gold' | 'lines'>,
): Found {
  let left = room
  const inside: string[] = []
  for (const path of ranking) {
    left -= counter.count(`${path}\n${texts.get(path) ?? ''}\n`)
    if (left < 0) break
    inside.push(path)
  }
  const hits = gold.filter((path) => inside.includes(path)).length
  return {
    all_files: hits === gold.length,
    any_file: hits > 0,
    all_lines: lines.length === 0 ? null : hits === gold.length,
  }
}

function rankBy({ paths, lesson, functions }: Prepared, weights: Weights): readonly RankedFile[] {
  return paths
    .map((path, at) => ({ path, score: scored(lesson.features[at] ?? [], weights) }))
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
    .slice(0, MOST_FILES)
    .flatMap(({ path }) => functions.get(path) ?? [])
}

async function packed(one: Prepared, ranked: readonly RankedFile[], wish: { room: number; shares: Shares }) {
  const read = async (blob: string) => one.blobs.get(blob)
  const slices = await packSlices({ index: one.index, ranked, read, counter, ...wish })
  return foundIn(withinRoom(slices, wish.room), one)
}

/** What a context keeps of the slices: it is the context that counts tokens for good. */
function withinRoom(slices: readonly CodeSlice[], room: number): readonly CodeSlice[] {
  let left = room
  const costs = slices.map(({ path, line_range, text }, at) => {
    const label = { id: `ctx-${at}`, source: `${path} lines ${line_range}`, trust: 'merged' }
    return counter.count(`Possibly relevant:\n${wrap(label, text)}`) + 2
  })
  const end = costs.findIndex((cost) => (left -= cost) < 0)
  return end === -1 ? slices : slices.slice(0, end)
}

function foundIn(slices: readonly CodeSlice[], { gold, lines }: Prepared): Found {
  const shown = new Map(slices.map(({ path, line_range }) => [path, linesIn(line_range)]))
  const hits = gold.filter((path) => shown.has(path)).length
  const all_lines =
    lines.length === 0
      ? null
      : lines.every(({ path, start, end }) => shown.get(path)?.some((part) => part.start <= start && end <= part.end))
  return { all_files: hits === gold.length, any_file: hits > 0, all_lines }
}

const prepared: Prepared[] = []
for (const instance of [...(await readInstances(data))].sort((a, b) => (a.instance_id < b.instance_id ? -1 : 1))) {
  prepared.push(await prepare(instance, cloneOf(clones, instance)))
  process.stderr.write(`\r${prepared.length}`)
}
process.stderr.write('\n')
const repos = [...new Set(prepared.map(({ repo }) => repo))]
const pull = Number(values.pull)

const WEIGHTS_OF = new Map(
  repos.map((held_back) => [
    held_back,
    fitWeights(
      prepared.filter(({ repo }) => repo !== held_back).map(({ lesson }) => lesson),
      pull,
    ),
  ]),
)
/** Found by choice of shares, by room; ranked by weights of the other repositories. */
async function tried(one: Prepared): Promise<readonly (readonly Found[])[]> {
  const ranked = rankBy(one, WEIGHTS_OF.get(one.repo) ?? fitWeights([], pull))
  const by_choice: (readonly Found[])[] = []
  for (const shares of choices)
    by_choice.push(await Promise.all(ROOMS.map((room) => packed(one, ranked, { room, shares }))))
  counts.clear()
  return by_choice
}

const choices = values.fixed ? [SHARES] : [SHARES, ...CHOICES]
const results: (readonly (readonly Found[])[])[] = []
for (const one of prepared) results.push(await tried(one))

/** The choice that shows most on some instances: files first, then lines. */
function bestOf(instances: readonly number[]): number {
  const worth = choices.map((_, choice) => {
    const found = instances.flatMap((at) => results[at]?.[choice] ?? [])
    return shareOf(found, ({ all_files }) => all_files) + shareOf(found, ({ all_lines }) => all_lines)
  })
  return worth.reduce((best, value, at) => (value > (worth[best] ?? 0) ? at : best), 0)
}

const numbers = prepared.map((_, at) => at)
const chosen = new Map(repos.map((repo) => [repo, bestOf(numbers.filter((at) => prepared[at]?.repo !== repo))]))
const foundBy = (at: number, room: number): Found | undefined =>
  results[at]?.[chosen.get(prepared[at]?.repo ?? '') ?? 0]?.[room]

console.log(
  `${prepared.length} issues of ${repos.length} repositories, ${counter.family} tokens; shares of the others\n`,
)
console.log('| who | n | room | all files | any file | all lines |\n|---|---|---|---|---|---|')
const row = (who: string, room: number, found: readonly Found[]) => {
  const cells = [({ all_files }: Found) => all_files, ({ any_file }: Found) => any_file, (f: Found) => f.all_lines]
  console.log(`| ${[who, found.length, room, ...cells.map((test) => shareOf(found, test).toFixed(1))].join(' | ')} |`)
}
for (const [place, room] of ROOMS.entries()) {
  row(
    'Gander',
    room,
    numbers.flatMap((at) => foundBy(at, place) ?? []),
  )
  for (const peer of Object.keys(prepared[0]?.peers ?? {}))
    row(
      peer,
      room,
      prepared.flatMap(({ peers }) => peers[peer]?.[room] ?? []),
    )
  for (const repo of repos)
    row(
      repo,
      room,
      numbers.flatMap((at) => (prepared[at]?.repo === repo ? (foundBy(at, place) ?? []) : [])),
    )
}
if (values.write) console.log(JSON.stringify(choices[bestOf(numbers)], null, 2))
