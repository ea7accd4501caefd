import { mkdtempSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRedactor } from '#evidence-plane/redaction'
import { createPackageRegistries } from '#adapters/registries'
import { findProfile, runSetup, verifyTree } from '#execution-plane/verifier'
import type { VerificationProfile } from '#domain/verification'
import {
  DEFAULT_SANDBOX_LIMITS,
  type Clock,
  type PackageRegistries,
  type RegistryProxy,
  type SandboxDriver,
  type SetupLayer,
} from '#ports'
import { folderRepository, memoryArtifacts, type Files } from './folder-repository.ts'
import { plainDriver } from './plain-driver.ts'

const clock: Clock = { now: () => Date.now(), sleep: async (ms) => delay(ms) }

/** What a world stands on: a folder to start from, a driver with or without fences, the machine's registries. */
interface Ground {
  readonly from?: string
  readonly driver?: SandboxDriver
  readonly registries?: PackageRegistries
  /** Absent: a way out that nothing goes through, which is all that an unfenced driver needs. */
  readonly proxy?: RegistryProxy
}

/** A proxy that lets nothing through and has seen nothing. */
const closedProxy: RegistryProxy = {
  open: async ({ folder }) => ({
    door: { socket: join(folder, 'closed.sock'), port: 4873 },
    environment: {},
    files: [],
    report: () => ({ requests: 0, bytes: 0, misses: 0, covert_bits: 0, refused: [] }),
    close: async () => undefined,
  }),
}

/** A base tree with its profile found and set up, ready to verify any tree over it. */
export async function verifierWorld(base: Files, ground: Ground = {}) {
  const {
    from,
    driver = plainDriver(),
    registries = createPackageRegistries({ home: join(tmpdir(), 'gander-test') }),
    proxy = closedProxy,
  } = ground
  const repository = folderRepository()
  const artifacts = memoryArtifacts()
  const redactor = createRedactor()
  const base_tree = repository.tree(base, from)
  const found = await findProfile(repository.reader(base_tree), null, registries)
  if (!found.ok) throw new Error(found.refusal.message)
  const parts = { run_id: 'run_test', driver, limits: DEFAULT_SANDBOX_LIMITS, redactor, artifacts, clock }
  let setup_layer: SetupLayer | null = null
  return {
    profile: found.value,
    base_tree,
    repository,
    artifacts,
    redactor,
    async setup() {
      const layer_path = mkdtempSync(join(tmpdir(), 'gander-layer-'))
      const checkout = repository.path(base_tree)
      const egress_folder = mkdtempSync(join(tmpdir(), 'gander-way-'))
      const way = { proxy, egress_folder }
      const done = await runSetup({ ...parts, ...way, profile: found.value, repository: { checkout }, layer_path })
      setup_layer = done.layer
      return done
    },
    async verify(changes: Files = {}, profile: VerificationProfile = found.value, signal?: AbortSignal) {
      const tree = repository.tree(changes, base_tree)
      return verifyTree({ ...parts, profile, repository, tree, setup_layer, signal })
    },
  }
}
