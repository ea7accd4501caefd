import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createCodeReader } from '#adapters/git'
import { createSegmentFolder, indexCommit } from '#execution-plane/code-index'
import { candidatesOf, FEATURES, readIssue } from '#execution-plane/localisation'
import { fitWeights, scored, type Lesson, type Weights } from './localisation/fit.ts'
import { HEADING, hitsOf, rowOf, type Answer } from './localisation/hits.ts'
import { cloneOf, readInstances, type Instance } from './localisation/instances.ts'
import { grepVotes, plainBm25, splitBm25, textsOf } from './localisation/peers.ts'

/**
 * How often the files a fix changed are among the first that are named for its issue, beside BM25 over words, BM25 over
 * parts of identifiers and votes by `git grep`, in one run over the same commits. Weights are fitted on the other
 * repositories each time: none is judged by what it taught. `--write` prints the weights fitted on all of them.
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    clones: { type: 'string' },
    cache: { type: 'string' },
    pull: { type: 'string', default: '8' },
    write: { type: 'boolean', default: false },
  },
})
const { data, clones, cache } = values
if (data === undefined || clones === undefined)
  throw new Error('It takes --data FILE (instances as JSON) and --clones FOLDER (owner+name/repo below it).')

interface Prepared extends Instance {
  readonly paths: readonly string[]
  readonly lesson: Lesson
  readonly peers: Readonly<Record<string, readonly string[]>>
}

const MOST_COMMITS = 4_000

async function prepare(instance: Instance, clone: string): Promise<Prepared> {
  const code = await createCodeReader()(clone, instance.base_commit)
  try {
    const store = cache === undefined ? undefined : createSegmentFolder(join(cache, instance.repo.replace('/', '+')))
    const index = await indexCommit(code, store)
    const past = await code.past(MOST_COMMITS)
    const found = candidatesOf(index, readIssue(instance.problem_statement), past)
    const texts = await textsOf(index, (blob) => code.read(blob))
    return {
      ...instance,
      paths: found.map(({ path }) => path),
      lesson: {
        repo: instance.repo,
        features: found.map(({ features }) => FEATURES.map((feature) => features[feature])),
        gold: found.map(({ path }) => instance.gold_files.includes(path)),
      },
      peers: {
        'BM25, words': plainBm25(texts, instance.problem_statement),
        'BM25, parts of identifiers': splitBm25(texts, instance.problem_statement),
        'git grep, votes': await grepVotes(clone, instance.base_commit, instance.problem_statement),
      },
    }
  } finally {
    code.close()
  }
}

const rankBy = ({ paths, lesson }: Prepared, weights: Weights): readonly string[] =>
  paths
    .map((path, at) => ({ path, score: scored(lesson.features[at] ?? [], weights) }))
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path)

const instances = [...(await readInstances(data))].sort((a, b) => (a.instance_id < b.instance_id ? -1 : 1))
const prepared: Prepared[] = []
for (const instance of instances) {
  prepared.push(await prepare(instance, cloneOf(clones, instance)))
  process.stderr.write(`\r${prepared.length} of ${instances.length}`)
}
process.stderr.write('\n')

const repos = [...new Set(prepared.map(({ repo }) => repo))]
const pull = Number(values.pull)
const answers = repos.flatMap((held_back): readonly Answer[] => {
  const weights = fitWeights(
    prepared.filter(({ repo }) => repo !== held_back).map(({ lesson }) => lesson),
    pull,
  )
  return prepared
    .filter(({ repo }) => repo === held_back)
    .map((one) => ({ repo: one.repo, ranking: rankBy(one, weights), gold: one.gold_files }))
})
console.log(`${prepared.length} issues of ${repos.length} repositories; each judged by weights of the others\n`)
console.log(HEADING)
console.log(rowOf('Gander', hitsOf(answers)))
for (const peer of Object.keys(prepared[0]?.peers ?? {}))
  console.log(
    rowOf(
      peer,
      hitsOf(prepared.map(({ repo, peers, gold_files }) => ({ repo, ranking: peers[peer] ?? [], gold: gold_files }))),
    ),
  )
console.log(`\nGander, by repository held back\n\n${HEADING}`)
for (const repo of repos) console.log(rowOf(repo, hitsOf(answers.filter((answer) => answer.repo === repo))))
if (values.write)
  console.log(
    JSON.stringify(
      fitWeights(
        prepared.map(({ lesson }) => lesson),
        pull,
      ),
      null,
      2,
    ),
  )
