import { createRedactor } from '#evidence-plane/redaction'
import type { ProofGround } from '#execution-plane/calibration'
import { findProfile, KEPT_NOWHERE } from '#execution-plane/verifier'
import { createPackageRegistries } from '#adapters/registries'
import { DEFAULT_SANDBOX_LIMITS, type RunRepository } from '#ports'
import { chooseDriver } from './choose-driver.ts'
import { systemClock } from './system-clock.ts'

/** Environment variables of the program. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where tests of a calibration run. */
export interface ProvingPlace {
  readonly home: string
  readonly environment: Environment
  readonly repository: RunRepository
  readonly run_id: string
}

/** With what tests of a repository's trees are run; or why they cannot be. */
export async function provingGround(
  place: ProvingPlace,
): Promise<{ readonly ground: ProofGround } | { readonly reason: string }> {
  const { home, environment, repository, run_id } = place
  const driver = await chooseDriver(home, environment)
  const probe = await driver.probe()
  if (!probe.available) return { reason: `no sandbox works here: ${probe.reason ?? 'nobody says why'}` }
  const { tree } = repository.source
  const reader = { list: () => repository.listFiles(tree), read: (path: string) => repository.readFile(tree, path) }
  const found = await findProfile(reader, null, createPackageRegistries({ home }))
  if (!found.ok) return { reason: found.refusal.message }
  const profile = found.value
  if ((profile.setup ?? []).length > 0) return { reason: 'its dependencies have to be installed first' }
  const ground: ProofGround = {
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
  return { ground }
}
