import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRepositories } from '#adapters/git'
import type { RunId } from '#domain/ids'
import {
  calibrateGates,
  proofGatesOf,
  provedChanges,
  readProof,
  sourcesOf,
  unproved,
  type ProofChange,
} from '#execution-plane/calibration'
import { makeRepository } from '../../../src/main/prepare-demo.ts'
import { provingGround } from '../../../src/main/proving-ground.ts'

const GATES = join(import.meta.dirname, '../../../evals/gates')

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-proof-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** One project with its changes, and the gates over its real trees in the real sandbox. */
async function project(name: ProofChange['project'], folder: string) {
  await makeRepository(join(GATES, folder), join(home, name))
  const repositories = createRepositories({ home })
  const run_id = `run_${name}` as RunId
  const repository = await repositories.open(run_id, await repositories.resolve(join(home, name), null))
  const proving = await provingGround({ home, environment: process.env, repository, run_id })
  if ('reason' in proving) throw new Error(proving.reason)
  const files = (await readdir(join(GATES, 'proof'))).filter((file) => file.startsWith(name))
  const read = await Promise.all(
    files.map(async (file) => readProof(await readFile(join(GATES, 'proof', file), 'utf8'))),
  )
  const changes = read.flatMap((each) => (each.ok ? [each.value] : []))
  const set = { changes, sources: await sourcesOf({ repository }), whole: false }
  return { set, gates: proofGatesOf(proving.ground) }
}

const chosen = <Item extends { readonly name: string }>(items: readonly Item[], ...beginnings: readonly string[]) =>
  items.filter(({ name }) => beginnings.some((beginning) => name.startsWith(beginning)))

describe('the gates that need a proof', () => {
  it('refuse on Node what no test proves, and a test that was bent, and let an honest feature pass', async () => {
    const { set, gates } = await project('till', 'repository')
    const bad = chosen(unproved(set), 'a fix without', 'a test that asserts nothing', 'a test bent')
    const { signal } = new AbortController()
    const found = await calibrateGates({ sources: set.sources, bad, honest: [], seed: 0, gates, signal })
    expect(found.misses).toEqual([])
    expect(found.gates).toMatchObject([
      { gate: 'red_green', caught: { hits: 2, of: 2 } },
      { gate: 'test_strength', caught: { hits: 1, of: 1 } },
    ])
    // Its test imports a module that only the change brings: without it the file cannot be loaded.
    const [feature] = chosen(provedChanges(set), 'as it should be: opening')
    const said = await gates(feature?.edits ?? [], 'red_green', feature?.asked)
    expect(said).toMatchObject([{ gate: 'red_green', answer: 'pass' }])
  }, 300_000)

  it('refuse on Python tests that were there and assert nothing any more', async () => {
    const { set, gates } = await project('shelf', 'shelf')
    const bad = chosen(unproved(set), 'tests that assert nothing')
    const { signal } = new AbortController()
    const found = await calibrateGates({ sources: set.sources, bad, honest: [], seed: 0, gates, signal })
    expect(found).toMatchObject({ misses: [], gates: [{ gate: 'test_strength', caught: { hits: 1, of: 1 } }] })
  }, 300_000)
})
