import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { Reverification } from '#evidence-plane/packet'
import { createPackageRegistries } from '#adapters/registries'
import { checkLockfiles, problemText } from '#execution-plane/lockfiles'
import { fencedSetup, limitsOf, sealSandboxProfile } from '#execution-plane/sandbox'
import { findProfile, runSetup, verifyTree, KEPT_NOWHERE } from '#execution-plane/verifier'
import type { RunEvidence } from '#domain/packet'
import { ok, refuse, type Result } from '#domain/result'
import { DEFAULT_SANDBOX_PROFILE, type SandboxProfile } from '#domain/sandbox'
import type { VerificationProfile } from '#domain/verification'
import type { PinnedSource, Redactor, Repositories, RunRepository, SandboxDriver, SetupLayer } from '#ports'
import { chooseDriver } from './choose-driver.ts'
import { once } from './once.ts'
import { systemClock } from './system-clock.ts'

/** What a verification is run again on. */
export interface ReverifyGround {
  readonly home: string
  /** Absolute folder that is the caller's to remove. */
  readonly scratch: string
  readonly repositories: Repositories
  readonly redactor: Redactor
  readonly evidence: RunEvidence
  /** The base commit and the proposed one, where they were found; undefined: the packet has none. */
  readonly base: PinnedSource
  readonly head: PinnedSource | undefined
  /** The base commit with the proposed tree in it, where a patch is all there is of the change. */
  readonly patched?: RunRepository
}

/** A profile on a tree as a worker runs it, without a worker: no database, no model, nothing kept. */
export function reverification(ground: ReverifyGround): Reverification {
  const { evidence, repositories, base } = ground
  const id = `verify-${randomBytes(6).toString('hex')}`
  const opened = once(() => repositories.open(`${id}-base`, base))
  const driver = once(() => chooseDriver(ground.home, process.env))
  const sandbox = evidence.task.sandbox ?? sealSandboxProfile(DEFAULT_SANDBOX_PROFILE)
  const place: Place = { ground, id, sandbox, driver, base: opened }
  let layer: Promise<Result<SetupLayer | null, string>> | undefined
  return {
    profile: async () => {
      const registries = createPackageRegistries({ home: ground.home })
      const found = await findProfile(readerOf(await opened()), evidence.task.verification, registries)
      return found.ok ? found : refuse(found.refusal.message)
    },
    run: async (side, profile) => {
      const setup_layer = await (layer ??= installed(place, profile))
      if (!setup_layer.ok) return setup_layer
      const at = side === 'base' ? { repository: await opened(), tree: base.tree } : await proposed(ground, id)
      if (at === undefined) return refuse('the proposed commit was not found')
      const { report } = await verifyTree({
        ...toolsOf(place),
        run_id: id,
        profile,
        ...at,
        setup_layer: setup_layer.value,
        driver: await driver(),
        limits: limitsOf(sandbox),
        longest_seconds: sandbox.resources.command_minutes * 60,
      })
      return report.outcome === 'unavailable' ? refuse(report.reason) : ok(report)
    },
  }
}

/** The proposed tree, and a repository that has it. */
async function proposed({ repositories, evidence, head, patched }: ReverifyGround, id: string) {
  if (head !== undefined) return { repository: await repositories.open(`${id}-head`, head), tree: head.tree }
  const tree = evidence.head?.tree
  return patched === undefined || tree === undefined ? undefined : { repository: patched, tree }
}

interface Place {
  readonly ground: ReverifyGround
  readonly id: string
  readonly sandbox: SandboxProfile
  readonly driver: () => Promise<SandboxDriver>
  readonly base: () => Promise<RunRepository>
}

const toolsOf = ({ ground }: Place) => ({ redactor: ground.redactor, artifacts: KEPT_NOWHERE, clock: systemClock })

const readerOf = (repository: RunRepository) => {
  const { tree } = repository.source
  return { list: () => repository.listFiles(tree), read: (path: string) => repository.readFile(tree, path) }
}

/** Installs the dependencies of the base commit as a run does: lockfiles are judged first, no install script runs. */
async function installed(place: Place, profile: VerificationProfile): Promise<Result<SetupLayer | null, string>> {
  const { setup = [], ecosystem, found_by } = profile
  if (setup.length === 0) return ok(null)
  const { ground, sandbox, id } = place
  const repository = await place.base()
  const reader = readerOf(repository)
  const paths = (await reader.list()).filter(({ mode }) => mode.startsWith('100')).map(({ path }) => path)
  const locked = await checkLockfiles({ paths, read: reader.read }, { ecosystem, setup })
  if (locked.problems.length > 0) return refuse(problemText(locked.problems))
  const { install_scripts } = sandbox.packages
  const written = /^(?:\.gander\/|the given profile)/.test(found_by)
  const fenced = fencedSetup(profile, { install_scripts, written })
  if (!fenced.ok) return refuse(fenced.refusal.message)
  const egress_folder = join(ground.scratch, 'egress')
  const { createRegistryProxy } = await import('#adapters/registry-proxy')
  const done = await runSetup({
    ...toolsOf(place),
    run_id: id,
    profile: fenced.value,
    driver: await place.driver(),
    repository,
    layer_path: join(ground.scratch, 'setup'),
    limits: limitsOf(sandbox),
    proxy: createRegistryProxy({ home: ground.home }),
    egress_folder,
    opened_hosts: sandbox.network.allowlist,
    packages: sandbox.packages,
    longest_seconds: sandbox.resources.command_minutes * 60,
  })
  await rm(egress_folder, { recursive: true, force: true })
  return done.outcome === 'passed' ? ok(done.layer) : refuse(done.reason)
}
