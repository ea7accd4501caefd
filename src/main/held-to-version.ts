import type { SharedParts } from './shared-parts.ts'

/** The same parts, where what a person does to a run is refused unless the run is at exactly the version they saw. */
export const heldToVersion = (shared: SharedParts, version: number): SharedParts => ({
  ...shared,
  ofTenant: (tenant) => {
    const own = shared.ofTenant(tenant)
    const { store } = own
    return {
      ...own,
      store: { ...store, command: (run, command, events) => store.command(run, command, events, version) },
    }
  },
})
