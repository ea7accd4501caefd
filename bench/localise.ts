import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCodeReader } from '#adapters/git'
import { createSegmentFolder, indexCommit } from '#execution-plane/code-index'
import { candidatesOf, FEATURES, localise, readIssue } from '#execution-plane/localisation'
import { namedFunctions, printFunctions, type NamedFunctions } from './localisation/functions.ts'
import { HEADING, hitsOf, rowOf } from './localisation/hits.ts'
import { cloneOf, readInstances, type Instance } from './localisation/instances.ts'
import { printAblation, printHits, weightsOf, type Prepared } from './localisation/judge.ts'
import { grepVotes, plainBm25, splitBm25, textsOf } from './localisation/peers.ts'

/**
 * How often the files a fix changed are among the first that are named for its issue, beside BM25 over words, BM25 over
 * parts of identifiers and votes by `git grep`, in one run over the same commits. Weights are fitted on other
 * repositories each time: none is judged by what it taught. Instances with a `fix_commit` are made of history
 * (`pseudo-issues.ts`) and counted apart. `--ablation` leaves out each feature in turn, `--write` prints the weights
 * fitted on everything.
 */
const { values } = parseArgs({
  allowNegative: true,
  options: {
    data: { type: 'string', multiple: true, default: [] },
    clones: { type: 'string' },
    cache: { type: 'string' },
    pull: { type: 'string', default: '8' },
    peers: { type: 'boolean', default: true },
    ablation: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const { data, clones, cache } = values
if (data.length === 0 || clones === undefined)
  throw new Error('It takes --data FILE (instances as JSON) and --clones FOLDER (owner+name/repo below it).')

interface Compared extends Prepared {
  readonly functions: readonly NamedFunctions[]
  readonly peers: Readonly<Record<string, readonly string[]>>
}

const MOST_COMMITS = 4_000

async function prepare(instance: Instance, clone: string): Promise<Compared> {
  const code = await createCodeReader()(clone, instance.base_commit)
  const { repo, gold_files, problem_statement: issue } = instance
  try {
    const store = cache === undefined ? undefined : createSegmentFolder(join(cache, repo.replace('/', '+')))
    const index = await indexCommit(code, store)
    const past = await code.past(MOST_COMMITS)
    const found = candidatesOf(index, readIssue(issue), past)
    const files = localise({ index, commit: code.commit, issue, past, top: found.length })
    const texts = values.peers ? await textsOf(index, (blob) => code.read(blob)) : []
    return {
      repo,
      gold_files,
      functions: namedFunctions(files, instance),
      of_history: instance.fix_commit !== undefined,
      paths: found.map(({ path }) => path),
      lesson: {
        repo,
        features: found.map(({ features }) => FEATURES.map((feature) => features[feature])),
        gold: found.map(({ path }) => gold_files.includes(path)),
      },
      peers: values.peers
        ? {
            'BM25, words': plainBm25(texts, issue),
            'BM25, parts of identifiers': splitBm25(texts, issue),
            'git grep, votes': await grepVotes(clone, instance.base_commit, issue),
          }
        : {},
    }
  } finally {
    code.close()
  }
}

const instances = (await Promise.all(data.map(readInstances)))
  .flat()
  .sort((a, b) => (a.instance_id < b.instance_id ? -1 : 1))
const prepared: Compared[] = []
for (const instance of instances) {
  prepared.push(await prepare(instance, cloneOf(clones, instance)))
  process.stderr.write(`\r${prepared.length} of ${instances.length}`)
}
process.stderr.write('\n')

const pull = Number(values.pull)
console.log(`${prepared.length} instances of ${new Set(prepared.map(({ repo }) => repo)).size} repositories\n`)
printHits(prepared, pull)
printFunctions(prepared.flatMap(({ functions }) => functions))
for (const of_history of [false, true]) {
  const judged = prepared.filter((one) => one.of_history === of_history)
  const names = Object.keys(judged[0]?.peers ?? {})
  if (names.length > 0) console.log(`\npeers, ${of_history ? 'history' : 'issues'}\n\n${HEADING}`)
  for (const name of names)
    console.log(
      rowOf(
        name,
        hitsOf(judged.map(({ repo, peers, gold_files }) => ({ repo, ranking: peers[name] ?? [], gold: gold_files }))),
      ),
    )
}
if (values.ablation) printAblation(prepared, pull)
if (values.write) console.log(JSON.stringify(weightsOf(prepared, pull), null, 2))
