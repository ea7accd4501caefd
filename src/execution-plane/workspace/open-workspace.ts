import {
  DEFAULT_SANDBOX_LIMITS,
  type CapturedTree,
  type ReadOnlyView,
  type RunRepository,
  type Sandbox,
  type SandboxDriver,
  type SandboxLimits,
  type SetupLayer,
} from '#ports'

/** A run's tree in its sandbox. */
export interface Workspace {
  readonly sandbox: Sandbox
  /** Writes the tree as it is now; without a change since the last call it is cheap. */
  checkpoint(): Promise<CapturedTree>
  close(): Promise<void>
}

interface WorkspaceParts {
  readonly driver: SandboxDriver
  readonly repository: RunRepository
  readonly run_id: string
  readonly setup_layer: SetupLayer | null
  /** The tree to start from; what earlier steps left behind, or the base tree. */
  readonly tree: string
  readonly limits?: SandboxLimits
  /** `guest` where a foreign agent's program is started in it; absent means `work`. */
  readonly purpose?: 'work' | 'guest'
  /** Absent means none. */
  readonly read_only?: readonly ReadOnlyView[]
}

/** Opens a fresh sandbox over the base checkout and brings it to the tree that is on record. */
export async function openWorkspace(parts: WorkspaceParts): Promise<Workspace> {
  const { driver, repository, run_id, setup_layer, tree } = parts
  const sandbox = await driver.open({
    run_id,
    purpose: parts.purpose ?? 'work',
    checkout: repository.checkout,
    setup_layer,
    writable: { kind: 'memory' },
    limits: parts.limits ?? DEFAULT_SANDBOX_LIMITS,
    read_only: parts.read_only ?? [],
  })
  try {
    if (tree !== repository.source.tree) await repository.applyTree(repository.source.tree, tree, sandbox.tree)
  } catch (error) {
    await sandbox.close()
    throw error
  }
  return {
    sandbox,
    checkpoint: async () => repository.captureTree(repository.source.tree, await sandbox.capture()),
    close: () => sandbox.close(),
  }
}
