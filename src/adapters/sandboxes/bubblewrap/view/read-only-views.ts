import { existsSync } from 'node:fs'
import { GanderError } from '#domain/failure'
import type { ReadOnlyView, SandboxSpec } from '#ports'
import { viewDefect } from '../../fence/request-defect.ts'

const isBelow = (path: string, root: string): boolean => path === root || path.startsWith(`${root}/`)

/** Views of a sandbox that are not there already by the same path as part of a toolchain or of the system. */
export const viewsOf = (tools: readonly string[], spec: SandboxSpec): readonly ReadOnlyView[] =>
  (spec.read_only ?? []).filter(
    ({ host, inner }) => host !== inner || !['/usr', ...tools].some((root) => isBelow(host, root)),
  )

/** @throws GanderError `sandbox_unavailable` for a view that is not there or cannot be shown where it is asked for */
export const requireViews = (views: readonly ReadOnlyView[]): void => {
  for (const view of views) {
    const defect = viewDefect(view) ?? (existsSync(view.host) ? undefined : `${view.host} is not there`)
    if (defect === undefined) continue
    throw new GanderError('sandbox_unavailable', `A folder or file cannot be shown in the sandbox: ${defect}.`, {
      remedy: 'Name an existing absolute path of the host and a place inside that is outside the workspace.',
    })
  }
}
