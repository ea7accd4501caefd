import type { Task } from '#domain/task'
import type { PinnedPolicy } from '#ports'
import type { Execution } from './execution.ts'

/** The bundle that the original of a replay was held to; undefined where this is no replay, or there was none. */
export function pinnedForReplay({ replay }: Task): PinnedPolicy | undefined {
  const bundle_sha256 = replay?.bundle_sha256 ?? null
  return bundle_sha256 === null ? undefined : { bundle_sha256, repository: null }
}

/** Puts the package that a replay is run from on its record, so that it is kept and let go of by its rule. */
export async function keepPackage({ task, journal }: Execution): Promise<void> {
  const { replay } = task
  if (replay === undefined) return
  const artifacts = replay.parts.map((part) => ({
    ...part,
    kind: 'replay_package',
    data_class: 'confidential' as const,
  }))
  await journal.perform({ key: 'replay:package', kind: 'context', request: { run_id: replay.run_id } }, async () => ({
    value: replay.run_id,
    artifacts,
  }))
}
