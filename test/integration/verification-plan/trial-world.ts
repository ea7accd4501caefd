import { mkdtempSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRedactor } from '#evidence-plane/redaction'
import { createPackageRegistries } from '#adapters/registries'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import type { VerificationReport } from '#domain/verification'
import { findProfile, verifyTree } from '#execution-plane/verifier'
import {
  bentTests,
  composeBaseTests,
  drawPlan,
  readTestsOfChange,
  tryMutants,
} from '#execution-plane/verification-plan'
import { DEFAULT_SANDBOX_LIMITS, type Clock } from '#ports'
import { makeRepository } from '../git/fixtures.ts'
import { openedRuns } from '../git/opened-runs.ts'
import { memoryArtifacts } from '../verifier/folder-repository.ts'

/** Texts by path. */
type Files = Readonly<Record<string, string>>

/** A project in a real repository, and proposed trees of it tried in real sandboxes. */
export function trialWorld() {
  const { at, derive, open, remove } = openedRuns()
  const driver = createBubblewrapDriver({ home: mkdtempSync(join(tmpdir(), 'gander-trials-')) })
  const clock: Clock = { now: () => Date.now(), sleep: async (ms) => delay(ms) }
  const parts = {
    run_id: 'run_test',
    driver,
    clock,
    limits: DEFAULT_SANDBOX_LIMITS,
    redactor: createRedactor(),
    artifacts: memoryArtifacts(),
    setup_layer: null,
  }

  async function project(name: string, base: Readonly<Record<string, string>>) {
    makeRepository(at(name), base)
    const repository = await open(at(name))
    const reader = {
      list: () => repository.listFiles(repository.source.tree),
      read: (path: string) => repository.readFile(repository.source.tree, path),
    }
    const found = await findProfile(reader, null, createPackageRegistries({ home: join(tmpdir(), 'gander-test') }))
    if (!found.ok) throw new Error(found.refusal.message)
    const profile = found.value
    const verify = async (tree: string): Promise<VerificationReport> =>
      (await verifyTree({ ...parts, profile, repository, tree })).report
    const before = await verify(repository.source.tree)
    return {
      before,
      /** Everything that the gate runs for a proposed tree. */
      async propose(files: Files, mutants = 4) {
        const tree = derive(repository, files)
        const change = await repository.diff(repository.source.tree, tree)
        const tests = await readTestsOfChange(change, repository)
        const after = await verify(tree)
        const of_base =
          tests.altered.length === 0 ? undefined : await verify(await composeBaseTests(repository, tree, tests))
        const plan = { ...drawPlan({ tier: 'high', task_class: 'code_change', is_fix: false }), mutants }
        const request = {
          ...parts,
          profile,
          plan,
          change,
          repository,
          after,
          base_tests_tree: of_base?.tree ?? null,
          base_tests_report: of_base,
        }
        return {
          tree,
          after,
          bent: of_base === undefined ? undefined : bentTests(before, of_base, after),
          trials: (more: Pick<Parameters<typeof tryMutants>[0], 'sample' | 'once'> = {}) =>
            tryMutants({ ...request, ...more }),
        }
      },
    }
  }
  return { project, remove }
}
