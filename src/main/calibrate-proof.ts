import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  calibrateGates,
  PROOF_PROJECTS,
  proofGatesOf,
  provedChanges,
  readProof,
  sourcesOf,
  unproved,
  type Calibration,
  type ProofChange,
} from '#execution-plane/calibration'
import { verifyTree } from '#execution-plane/verifier'
import { createRepositories } from '#adapters/git'
import type { RunId } from '#domain/ids'
import type { GateTrial, GateTrialWish } from '#ports'
import { makeRepository } from './prepare-demo.ts'
import { provingGround, type Environment } from './proving-ground.ts'
import { readCases } from './read-cases.ts'

const GATES = fileURLToPath(new URL('../../evals/gates/', import.meta.url))

type Project = ProofChange['project']

/** Folders of the projects, beside their changes. */
const FOLDERS: Readonly<Record<Project, string>> = { till: 'repository', shelf: 'shelf' }

/** What the gates that need a proof came to, and what could not be tried. */
export interface ProofTrial extends Pick<GateTrial, 'not_measured'> {
  readonly found: readonly Calibration[]
}

const PROOF_GATES = ['red_green', 'test_strength'] as const

/**
 * Tries the gates of red-green and of test strength on changes of the program's own projects, whose code, tests and
 * faults are known. Of another repository nobody knows which test would prove what.
 */
export async function tryProof(
  at: { readonly home: string; readonly environment: Environment },
  wish: GateTrialWish,
): Promise<ProofTrial> {
  if (wish.repository !== null)
    return { found: [], not_measured: unmeasured('its changes are written for the program’s own repositories') }
  const changes = await readCases(join(GATES, 'proof'), readProof)
  const tried: ProofTrial[] = []
  for (const project of PROOF_PROJECTS) {
    const own = changes.filter((change) => change.project === project)
    tried.push(await tryProject(at, wish, { project, changes: own }))
  }
  return { found: tried.flatMap(({ found }) => found), not_measured: tried.flatMap((each) => each.not_measured) }
}

const unmeasured = (reason: string): GateTrial['not_measured'] => PROOF_GATES.map((gate) => ({ gate, reason }))

async function tryProject(
  { home, environment }: { readonly home: string; readonly environment: Environment },
  { whole, signal }: GateTrialWish,
  { project, changes }: { readonly project: Project; readonly changes: readonly ProofChange[] },
): Promise<ProofTrial> {
  const own = join(home, 'calibration', `${project}-${randomUUID()}`)
  await makeRepository(join(GATES, FOLDERS[project]), own)
  const repositories = createRepositories({ home })
  const run_id = `run_calibration_${randomUUID()}` as RunId
  const repository = await repositories.open(run_id, await repositories.resolve(own, null))
  try {
    const proving = await provingGround({ home, environment, repository, run_id })
    if ('reason' in proving) return { found: [], not_measured: unmeasured(`${project}: ${proving.reason}`) }
    const { report } = await verifyTree({ ...proving.ground, tree: repository.source.tree })
    if (report.outcome !== 'passed')
      return { found: [], not_measured: unmeasured(`${project}: its tests do not run here (${report.reason})`) }
    const sources = await sourcesOf({ repository })
    const set = { changes, sources, whole }
    const found = await calibrateGates({
      sources,
      bad: unproved(set),
      honest: provedChanges(set),
      seed: 0,
      gates: proofGatesOf(proving.ground),
      signal,
    })
    return { found: [found], not_measured: [] }
  } finally {
    await repository.remove()
    await rm(own, { recursive: true, force: true })
  }
}
