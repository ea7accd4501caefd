import { extname } from 'node:path'
import { FEATURES, type Feature } from '#execution-plane/localisation'
import { fitWeights, scored, type Lesson, type Weights } from './fit.ts'
import { HEADING, hitsOf, rowOf, type Answer } from './hits.ts'

/** One instance with what its ranking is made of. */
export interface Prepared {
  readonly repo: string
  readonly gold_files: readonly string[]
  /** True for one that is made of history. */
  readonly of_history: boolean
  readonly paths: readonly string[]
  readonly lesson: Lesson
}

/** Repositories that are held back together where there are many. */
const FOLDS = 6
const NAMED_PATH = FEATURES.indexOf('named_path')

/**
 * Instances of history never name the file they are about, since such messages were left out: they would teach that a
 * path in an issue means nothing, so that what they say of it is not looked at.
 */
const lessonOf = ({ lesson, of_history }: Prepared): Lesson =>
  of_history ? { ...lesson, features: lesson.features.map((row) => row.with(NAMED_PATH, 0)) } : lesson

const fit = (taught: readonly Prepared[], pull: number, without?: ReadonlySet<Feature>): Weights =>
  fitWeights(taught.map(lessonOf), pull, without)

const answerOf = ({ repo, paths, lesson, gold_files }: Prepared, weights: Weights): Answer => ({
  repo,
  gold: gold_files,
  ranking: paths
    .map((path, at) => ({ path, score: scored(lesson.features[at] ?? [], weights) }))
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path),
})

const reposOf = (all: readonly Prepared[]): readonly string[] => [...new Set(all.map(({ repo }) => repo))].sort()

/** Answers for `judged`, each by weights that no instance of its fold has taught. */
function heldOut(judged: readonly Prepared[], taught: readonly Prepared[], how: Judging): readonly Answer[] {
  const repos = reposOf(judged)
  const folds = Math.min(repos.length, FOLDS)
  return Array.from({ length: folds }, (_, fold) => repos.filter((_repo, at) => at % folds === fold)).flatMap(
    (held) => {
      const weights = fit(
        taught.filter(({ repo }) => !held.includes(repo)),
        how.pull,
        how.without,
      )
      return judged.filter(({ repo }) => held.includes(repo)).map((one) => answerOf(one, weights))
    },
  )
}

interface Judging {
  readonly pull: number
  readonly without?: ReadonlySet<Feature>
}

/** Weights of all instances. */
export const weightsOf = (all: readonly Prepared[], pull: number): Weights => fit(all, pull)

/** Prints how often the gold files are among the first, by how the weights were come by. */
export function printHits(all: readonly Prepared[], pull: number): void {
  const issues = all.filter(({ of_history }) => !of_history)
  const history = all.filter(({ of_history }) => of_history)
  console.log(HEADING)
  if (issues.length > 0) {
    console.log(
      rowOf('issues, weights of the other repositories with issues', hitsOf(heldOut(issues, issues, { pull }))),
    )
    if (history.length > 0)
      console.log(rowOf('issues, weights of all other repositories', hitsOf(heldOut(issues, all, { pull }))))
  }
  if (history.length === 0) return printGroups('issues', heldOut(issues, issues, { pull }), ({ repo }) => repo)
  const taught = fit(issues, pull)
  if (issues.length > 0)
    console.log(rowOf('history, weights of the issues alone', hitsOf(history.map((one) => answerOf(one, taught)))))
  const answers = heldOut(history, all, { pull })
  console.log(rowOf('history, weights of all other repositories', hitsOf(answers)))
  if (issues.length > 0) printGroups('issues, by repository', heldOut(issues, all, { pull }), ({ repo }) => repo)
  printGroups('history, by language', answers, languageOfAnswer)
  printGroups('history, by repository', answers, ({ repo }) => repo)
}

const ENDINGS: Readonly<Record<string, string>> = { '.tsx': '.ts', '.mjs': '.js', '.cjs': '.js', '.pyi': '.py' }

function languageOfAnswer({ gold }: Answer): string {
  const ending = extname(gold[0] ?? '')
  return ENDINGS[ending] ?? ending
}

function printGroups(title: string, answers: readonly Answer[], by: (answer: Answer) => string): void {
  console.log(`\n${title}\n\n${HEADING}`)
  const groups = Map.groupBy(answers, by)
  for (const name of [...groups.keys()].sort()) console.log(rowOf(name, hitsOf(groups.get(name) ?? [])))
}

/** Prints what is lost without each feature, on issues and on history, every row fitted anew and held out. */
export function printAblation(all: readonly Prepared[], pull: number): void {
  console.log(`\nwithout one feature\n\n${HEADING}`)
  const issues = all.filter(({ of_history }) => !of_history)
  const history = all.filter(({ of_history }) => of_history)
  for (const feature of FEATURES)
    for (const [name, judged] of [
      ['issues', issues],
      ['history', history],
    ] as const)
      if (judged.length > 0)
        console.log(rowOf(`${name}, ${feature}`, hitsOf(heldOut(judged, all, { pull, without: new Set([feature]) }))))
}
