import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPolicy } from '#control-plane/policy'
import { createRedactor } from '#evidence-plane/redaction'
import {
  BOUNDARY,
  calibrateGates,
  commentsIn,
  DEPENDENCIES,
  defectsIn,
  gatesOf,
  joinCalibrations,
  PROTECTED,
  readHonest,
  SECRETS,
  sourcesOf,
  SPECIAL,
  TAMPERS,
  type GateGround,
} from '#execution-plane/calibration'
import { verifyTree } from '#execution-plane/verifier'
import { createRepositories } from '#adapters/git'
import type { RunId } from '#domain/ids'
import type { CalibrationDesk, GateTrialWish } from '#ports'
import { tryProof } from './calibrate-proof.ts'
import { makeRepository } from './prepare-demo.ts'
import { provingGround, type Environment } from './proving-ground.ts'
import type { PlatformSettings } from './shared-parts.ts'
import { identifiers } from './system-clock.ts'
import { readCases } from './read-cases.ts'

/** Folder of the checkout that holds the sets. */
const SETS = fileURLToPath(new URL('../../evals/', import.meta.url))

/** Defects in code that are tried where a sample is enough: each takes one run of the tests. */
const SAMPLE = 5
const WHOLE = 60
const SEED = 20_260_101

/** Wires calibration: real repositories, the platform's own rules, and the sandbox of this machine. */
export function openCalibration(settings: PlatformSettings, environment: Environment): CalibrationDesk {
  return {
    gates: (wish) => tryGates(settings, environment, wish),
    judge: async (wish) => (await import('./calibrate-judge.ts')).tryJudge(settings, wish),
  }
}

async function tryGates({ home }: PlatformSettings, environment: Environment, wish: GateTrialWish) {
  const { whole, signal } = wish
  const folder = join(home, 'calibration')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const own = join(folder, `till-${randomUUID()}`)
  if (wish.repository === null) await makeRepository(join(SETS, 'gates', 'repository'), own)
  const repositories = createRepositories({ home })
  const source = await repositories.resolve(wish.repository ?? own, null)
  const run_id = `run_calibration_${randomUUID()}` as RunId
  const repository = await repositories.open(run_id, source)
  try {
    const proving = await provingGround({ home, environment, repository, run_id })
    const measured = 'ground' in proving
    const policy = createPolicy({ identifiers })
    const ground: GateGround = {
      run_id,
      repository,
      policy,
      redactor: createRedactor(),
      ...(measured && { verify: async (tree) => (await verifyTree({ ...proving.ground, tree })).report }),
    }
    const sources = await sourcesOf(ground)
    const defects = measured ? await defectsIn(sources, whole ? WHOLE : SAMPLE) : []
    const found = await calibrateGates({
      sources,
      bad: [...BOUNDARY, ...PROTECTED, ...SPECIAL, ...SECRETS, ...DEPENDENCIES, ...TAMPERS, ...defects],
      honest:
        wish.repository === null ? await readCases(join(SETS, 'gates', 'honest'), readHonest) : commentsIn(sources),
      seed: SEED,
      gates: gatesOf(ground, sources),
      signal,
    })
    const not_measured = measured ? [] : [{ gate: 'verification' as const, reason: proving.reason }]
    const proof = await tryProof({ home, environment }, wish)
    return {
      ...joinCalibrations([found, ...proof.found]),
      repository: wish.repository === null ? null : source.repository,
      not_measured: [...not_measured, ...proof.not_measured],
    }
  } finally {
    await repository.remove()
    await rm(own, { recursive: true, force: true })
  }
}
