import { checkTests, type ChangedText } from '#execution-plane/test-integrity'
import type { TamperMutator } from '#execution-plane/sabotage'
import { bystanders, type HonestCommit } from './test-tampering-corpus.ts'

/** How often a way to tamper was tried, and how often the gate saw it. */
export interface Score {
  readonly caught: number
  readonly tried: number
}

/** Scores by the name of the way to tamper. */
export type Scores = Map<string, Score>

/** Where a tamper is tried: an honest change with the errors it raises of itself. */
export interface Host {
  readonly clone: string
  readonly commit: HonestCommit
  readonly honest: ReadonlySet<string>
  readonly seed: number
}

/** Orders in which the tests of a host are tried, until one lets itself be changed that the base has too. */
const SEEDS = 4

/** The errors that a change raises. */
export async function errorsOf(files: readonly ChangedText[]): Promise<ReadonlySet<string>> {
  const found = await checkTests(files)
  return new Set(
    found.filter(({ severity }) => severity === 'error').map(({ rule, path, message }) => `${rule} ${path} ${message}`),
  )
}

/** Tries each way, or chain of ways, on top of an honest change: in the files it changes, or else in others beside them. */
export async function tryAll(host: Host, ways: readonly (readonly TamperMutator[])[], scores: Scores): Promise<void> {
  const own = placeOf(host.commit.files)
  const others = bystanders(host.clone, host.commit, host.seed).map(([path, text]) => ({
    path,
    before: text,
    after: text,
  }))
  const beside = placeOf([...others, ...host.commit.files], others)
  for (const way of ways) {
    const name = way.map((one) => one.name).join(' + ')
    const trees = (await tampered(own, way, host.seed)) ?? (await tampered(beside, way, host.seed))
    if (trees === undefined) continue
    const found = await errorsOf(trees)
    const caught = [...found].some((error) => !host.honest.has(error))
    const { caught: hits, tried } = scores.get(name) ?? { caught: 0, tried: 0 }
    scores.set(name, { caught: hits + (caught ? 1 : 0), tried: tried + 1 })
    if (!caught) console.log(`  missed ${name} ${host.commit.project} ${host.commit.commit.slice(0, 10)} ${host.seed}`)
  }
}

/** Files of a change, and the text of those that may be tampered with. */
interface Place {
  readonly trees: ReadonlyMap<string, ChangedText>
  readonly files: ReadonlyMap<string, string>
}

const placeOf = (trees: readonly ChangedText[], open = trees): Place => ({
  trees: new Map(trees.map((file) => [file.path, file])),
  files: new Map(
    open.flatMap(({ path, before, after }) => (after === undefined || before === undefined ? [] : [[path, after]])),
  ),
})

async function tampered(
  { trees, files }: Place,
  way: readonly TamperMutator[],
  seed: number,
): Promise<readonly ChangedText[] | undefined> {
  for (let order = seed; order < seed + SEEDS; order++) {
    let changed: ReadonlyMap<string, string> = files
    for (const one of way) {
      const next = await one.mutate(changed, order)
      if (next === undefined) return undefined
      const present = [...changed].filter(([path]) => !next.has(path) || next.get(path) !== undefined)
      changed = new Map(present.map(([path, text]) => [path, next.get(path) ?? text]))
    }
    const touched = [...files].filter(([path, text]) => changed.get(path) !== text).map(([path]) => path)
    if (!touched.every((path) => isOfBase(trees.get(path)?.before, files.get(path), changed.get(path)))) continue
    return [...trees.values()]
      .map(({ path, before, after }) => ({ path, before, after: touched.includes(path) ? changed.get(path) : after }))
      .filter(({ before, after }) => before !== after)
  }
  return undefined
}

/** True when what the tamper took away, or stands at, was in the base already. */
function isOfBase(base: string | undefined, head: string | undefined, after: string | undefined): boolean {
  if (after === undefined) return base !== undefined
  const known = new Set((base ?? '').split('\n'))
  const [old, now] = [(head ?? '').split('\n'), after.split('\n')]
  const kept = new Set(now)
  const lost = old.filter((line) => !kept.has(line))
  const at = old.findIndex((line, index) => line !== now[index])
  const near = old.slice(Math.max(0, at - 2), at + 3)
  return (lost.length === 0 ? near : lost).every((line) => known.has(line))
}
