import { spawnSync } from 'node:child_process'
import { isRunnerConfiguration, isSnapshot, checkTests, type ChangedText } from '#execution-plane/test-integrity'
import { TAMPER_MUTATORS } from '#execution-plane/sabotage'
import { honestCommits, type HonestCommit } from './test-tampering-corpus.ts'

/**
 * Recall of each tamper mutator and the share of false alarms on honest commits. Each argument is `owner/name=CLONE`, a
 * full clone of a public project; COMMITS (20) are judged of each, the newest that mend something in source and tests,
 * and each mutator is tried on TAMPERED (4) of them: the honest change with the tamper on top. A tamper of a test that
 * only the change itself brings is not counted: no base knows of it.
 */
const projects = process.argv.slice(2).map((argument) => argument.split('='))
const commits = Number(process.env['COMMITS'] ?? 20)
const tampered = Number(process.env['TAMPERED'] ?? 4)
const score = new Map<string, { caught: number; tried: number }>()
let [alarms, judged] = [0, 0]

if (projects.length === 0) console.log('usage: node bench/test-tampering.ts owner/name=CLONE…')
for (const [project = '', clone = ''] of projects) {
  const before = { alarms, judged }
  for (const [at, commit] of honestCommits(clone, project, commits).entries()) {
    judged += 1
    const honest = await errorsOf(commit.files)
    if (honest.size > 0) alarms += 1
    if (honest.size > 0)
      console.log(`  alarm ${project} ${commit.commit.slice(0, 10)} ${[...honest][0]?.slice(0, 160)}`)
    if (at < tampered) await tamper(clone, commit, { honest, seed: at * 7 + 1 })
  }
  console.log(`${project}: ${alarms - before.alarms} of ${judged - before.judged} honest commits alarmed`)
}
for (const { name } of TAMPER_MUTATORS) {
  const { caught, tried } = score.get(name) ?? { caught: 0, tried: 0 }
  console.log(
    `${name.padEnd(22)} ${tried === 0 ? 'not applicable' : `${(caught / tried).toFixed(3)}  ${caught} of ${tried}`}`,
  )
}
console.log(
  `false alarms           ${judged === 0 ? '-' : ((100 * alarms) / judged).toFixed(1)} %  ${alarms} of ${judged}`,
)

async function errorsOf(files: readonly ChangedText[]): Promise<ReadonlySet<string>> {
  const found = await checkTests(files)
  return new Set(
    found.filter(({ severity }) => severity === 'error').map(({ rule, path, message }) => `${rule} ${path} ${message}`),
  )
}

interface Trial {
  readonly honest: ReadonlySet<string>
  readonly seed: number
}

async function tamper(clone: string, commit: HonestCommit, { honest, seed }: Trial): Promise<void> {
  const base = new Map(commit.files.map(({ path, before }) => [path, before]))
  const head = new Map(commit.files.map(({ path, after }) => [path, after]))
  for (const [path, text] of configurations(clone, commit.commit))
    if (!head.has(path)) [base, head].forEach((tree) => tree.set(path, text))
  const files = new Map(
    [...head].flatMap(([path, text]) =>
      text === undefined || base.get(path) === undefined ? [] : [[path, text] as const],
    ),
  )
  for (const mutator of TAMPER_MUTATORS) {
    const changed = await mutator.mutate(files, seed)
    if (changed === undefined || ![...changed].every(([path, text]) => isOfBase(base.get(path), files.get(path), text)))
      continue
    const trees = [...base].map(([path, before]) => ({
      path,
      before,
      after: changed.has(path) ? changed.get(path) : head.get(path),
    }))
    const found = await errorsOf(trees.filter(({ before, after }) => before !== after))
    const entry = score.get(mutator.name) ?? { caught: 0, tried: 0 }
    const caught = [...found].some((error) => !honest.has(error))
    if (!caught)
      console.log(`  missed ${mutator.name} ${commit.project} ${commit.commit.slice(0, 10)} ${[...changed.keys()][0]}`)
    score.set(mutator.name, { caught: entry.caught + (caught ? 1 : 0), tried: entry.tried + 1 })
  }
}

/** True when what the tamper took away, or stands at, was in the base already. */
function isOfBase(base: string | undefined, head: string | undefined, after: string | undefined): boolean {
  const known = new Set((base ?? '').split('\n'))
  const [old, now] = [(head ?? '').split('\n'), (after ?? '').split('\n')]
  const kept = new Set(now)
  const lost = old.filter((line) => !kept.has(line))
  const at = old.findIndex((line, index) => line !== now[index])
  const near = old.slice(Math.max(0, at - 2), at + 3)
  return (lost.length === 0 ? near : lost).every((line) => known.has(line))
}

/** Configuration of runners and recorded expectations at a commit. */
function configurations(clone: string, commit: string): readonly (readonly [string, string])[] {
  const git = (...args: readonly string[]) =>
    spawnSync('git', ['-C', clone, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout
  const paths = git('ls-tree', '-r', '--name-only', commit).split('\n')
  const wanted = paths.filter((path) => (isRunnerConfiguration(path) && path.split('/').length < 4) || isSnapshot(path))
  return wanted.slice(0, 12).map((path) => [path, git('show', `${commit}:${path}`)] as const)
}
