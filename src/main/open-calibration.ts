import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
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
  PROTECTED,
  readHonest,
  SECRETS,
  sourcesOf,
  SPECIAL,
  TAMPERS,
  type GateGround,
} from '#execution-plane/calibration'
import { findProfile, verifyTree } from '#execution-plane/verifier'
import { createRepositories } from '#adapters/git'
import { createPackageRegistries } from '#adapters/registries'
import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import {
  DEFAULT_SANDBOX_LIMITS,
  type ArtifactStore,
  type CalibrationDesk,
  type GateTrialWish,
  type RunRepository,
} from '#ports'
import { chooseDriver } from './choose-driver.ts'
import { makeRepository } from './prepare-demo.ts'
import type { PlatformSettings } from './shared-parts.ts'
import { identifiers, systemClock } from './system-clock.ts'

/** Folder of the checkout that holds the sets. */
const SETS = fileURLToPath(new URL('../../evals/', import.meta.url))

/** Defects in code that are tried where a sample is enough: each takes one run of the tests. */
const SAMPLE = 5
const WHOLE = 60
const SEED = 20_260_101

type Environment = Readonly<Record<string, string | undefined>>

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
    const proving = await provingIn({ home, environment, repository, run_id })
    const policy = createPolicy({ identifiers })
    const ground: GateGround = {
      run_id,
      repository,
      policy,
      redactor: createRedactor(),
      ...('verify' in proving && { verify: proving.verify }),
    }
    const sources = await sourcesOf(ground)
    const defects = 'verify' in proving ? await defectsIn(sources, whole ? WHOLE : SAMPLE) : []
    const found = await calibrateGates({
      sources,
      bad: [...BOUNDARY, ...PROTECTED, ...SPECIAL, ...SECRETS, ...DEPENDENCIES, ...TAMPERS, ...defects],
      honest: wish.repository === null ? await honestChanges() : commentsIn(sources),
      seed: SEED,
      gates: gatesOf(ground, sources),
      signal,
    })
    const not_measured = 'verify' in proving ? [] : [{ gate: 'verification' as const, reason: proving.reason }]
    return { ...found, repository: wish.repository === null ? null : source.repository, not_measured }
  } finally {
    await repository.remove()
    await rm(own, { recursive: true, force: true })
  }
}

interface ProvingGround {
  readonly home: string
  readonly environment: Environment
  readonly repository: RunRepository
  readonly run_id: RunId
}

/** How tests of a tree are run; or why they cannot be. */
async function provingIn({ home, environment, repository, run_id }: ProvingGround) {
  const driver = await chooseDriver(home, environment)
  const probe = await driver.probe()
  if (!probe.available) return { reason: `no sandbox works here: ${probe.reason ?? 'nobody says why'}` }
  const { tree } = repository.source
  const reader = { list: () => repository.listFiles(tree), read: (path: string) => repository.readFile(tree, path) }
  const found = await findProfile(reader, null, createPackageRegistries({ home }))
  if (!found.ok) return { reason: found.refusal.message }
  const profile = found.value
  if ((profile.setup ?? []).length > 0) return { reason: 'its dependencies have to be installed first' }
  const parts = {
    run_id,
    profile,
    repository,
    driver,
    setup_layer: null,
    limits: DEFAULT_SANDBOX_LIMITS,
    redactor: createRedactor(),
    artifacts: KEPT_NOWHERE,
    clock: systemClock,
  }
  return { verify: async (of: string) => (await verifyTree({ ...parts, tree: of })).report }
}

/** Logs of sabotaged trees are nobody's evidence. */
const KEPT_NOWHERE: ArtifactStore = {
  put: async (content) => ({
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: Buffer.byteLength(content),
  }),
  get: async () => undefined,
  locate: async () => undefined,
}

async function honestChanges() {
  const folder = join(SETS, 'gates', 'honest')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const read = readHonest(await readFile(join(folder, name), 'utf8'))
      if (!read.ok) throw new GanderError('internal', `evals/gates/honest/${name}: ${read.refusal}`)
      return read.value
    }),
  )
}
