import type { TenantId } from '#domain/ids'
import type { Trust } from '#domain/task'

/** What a kept setup is good for: one tenant, runs of one trust, and exactly these inputs. */
export interface SetupCacheKey {
  readonly tenant: TenantId
  /** Who stood behind the task of the run that made it. */
  readonly trust: Trust
  /** Hex SHA-256 over everything that decides what a setup installs. */
  readonly digest: string
}

/** How a look into the cache went. `refused` is an entry that is not what was kept; it is gone now. */
export type RestoredSetup =
  | { readonly kind: 'restored'; readonly files: number; readonly bytes: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string }

/** Why a setup was not kept; `kept` where it was. Never an error: a run goes on without a cache. */
export type KeptSetup = 'kept' | 'too_large' | 'not_plain' | 'not_written'

/** Keeps finished setup layers between runs. Nothing of it is ever shown to a sandbox: what is used is a copy. */
export interface SetupCache {
  /** Copies a kept layer to `layer_path`, which must not exist, and checks each byte on the way. */
  restore(key: SetupCacheKey, layer_path: string): Promise<RestoredSetup>
  /** Keeps a layer in which no command runs any more; whole or not at all. */
  keep(key: SetupCacheKey, layer_path: string): Promise<KeptSetup>
}
