import { DISGUISED_TAMPERS, TAMPER_MUTATORS } from '#execution-plane/sabotage'
import { lowerBound, upperBound } from '#domain/autonomy'
import { readFileSync } from 'node:fs'
import { honestCommits, landedFixes, type MendedIssue } from './test-tampering-corpus.ts'
import { errorsOf, tryAll, type Host, type Scores } from './test-tampering-trials.ts'

/**
 * Recall of each way to tamper and the share of false alarms on honest commits. Each argument is `owner/name=CLONE`, a
 * full clone of a public project; COMMITS (20) are judged of each, the newest that mend something in source and tests,
 * and each way is tried on TAMPERED (4) of them, newest and largest by turns: the honest change with the tamper on top.
 * A tamper of a test that only the change itself brings is not counted: no base knows of it. Three tables follow: the
 * sixteen ways, the same with a second one on top, and the ways that are spelled so that they are harder to see.
 * With ISSUES, a file of SWE-bench instances, the honest commits are those that landed their fixes.
 */
const projects = process.argv.slice(2).map((argument) => argument.split('='))
const commits = Number(process.env['COMMITS'] ?? 20)
const tampered = Number(process.env['TAMPERED'] ?? 4)
const instances = process.env['ISSUES']
const issues =
  instances === undefined ? undefined : (JSON.parse(readFileSync(instances, 'utf8')) as readonly MendedIssue[])
const plain: Scores = new Map()
const combined: Scores = new Map()
const disguised: Scores = new Map()
let [alarms, judged] = [0, 0]

if (projects.length === 0) console.log('usage: node bench/test-tampering.ts owner/name=CLONE…')
for (const [project = '', clone = ''] of projects) {
  const before = { alarms, judged }
  const hosts: Host[] = []
  const honest_commits =
    issues === undefined ? honestCommits(clone, project, commits) : landedFixes(clone, project, issues)
  for (const [at, commit] of honest_commits.entries()) {
    judged += 1
    const honest = await errorsOf(commit.files)
    if (honest.size > 0) alarms += 1
    if (honest.size > 0)
      console.log(`  alarm ${project} ${commit.commit.slice(0, 10)} ${[...honest][0]?.slice(0, 160)}`)
    hosts.push({ clone, commit, honest, seed: at * 7 + 1 })
  }
  console.log(`${project}: ${alarms - before.alarms} of ${judged - before.judged} honest commits alarmed`)
  for (const host of chosen(hosts)) {
    await tryAll(
      host,
      TAMPER_MUTATORS.map((way) => [way]),
      plain,
    )
    await tryAll(host, pairsOf(host.seed), combined)
    await tryAll(
      host,
      DISGUISED_TAMPERS.map((way) => [way]),
      disguised,
    )
  }
}
if (tampered > 0) {
  for (const { name } of TAMPER_MUTATORS) print(name, plain.get(name))
  const all = [...combined.values()]
  print('two at once', {
    caught: all.reduce((sum, { caught }) => sum + caught, 0),
    tried: all.reduce((sum, { tried }) => sum + tried, 0),
  })
  for (const { name } of DISGUISED_TAMPERS) print(name, disguised.get(name))
}
const share = { hits: alarms, of: judged }
console.log(
  `false alarms           ${judged === 0 ? '-' : percent(alarms / judged)}  ${alarms} of ${judged}, 95 % interval ${percent(lowerBound(share))} to ${percent(upperBound(share))}`,
)

/** The largest and the newest changes by turns: a tamper hides better in a large one. */
function chosen(hosts: readonly Host[]): readonly Host[] {
  const size = ({ commit: { files } }: Host) =>
    files.length * 1e6 + files.reduce((sum, file) => sum + (file.after?.length ?? 0), 0)
  const largest = hosts.toSorted((a, b) => size(b) - size(a))
  return [...new Set(hosts.flatMap((host, at) => [host, largest[at] ?? host]))].slice(0, tampered)
}

/** Two chains of two ways for a host, others for each. */
function pairsOf(seed: number) {
  const tests = [...TAMPER_MUTATORS, ...DISGUISED_TAMPERS].filter(
    ({ name }) => !/file|snapshot|configuration|anew|constant|exit/.test(name),
  )
  return [seed, seed + 3].flatMap((at) => {
    const [first, second] = [tests[at % tests.length], tests[(at * 5 + 4) % tests.length]]
    return first === undefined || second === undefined || first === second ? [] : [[first, second]]
  })
}

function print(name: string, { caught, tried } = { caught: 0, tried: 0 }): void {
  const said = tried === 0 ? 'not applicable' : `${(caught / tried).toFixed(3)}  ${caught} of ${tried}`
  console.log(`${name.padEnd(22)} ${said}`)
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`
}
