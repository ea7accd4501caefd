import { isAtLeast, type PathGroups, type UnversionedProfile } from './sandbox-profile.ts'

/**
 * What both profiles allow: requirements add up, lists are cut, figures take the smaller one. Never more than either.
 * The result has the first one's name; its version is for the caller to make.
 */
export function meet(one: UnversionedProfile, other: UnversionedProfile): UnversionedProfile {
  const smaller = <Figures extends Readonly<Record<string, number>>>(a: Figures, b: Figures): Figures =>
    // The names are those of the first argument.
    Object.fromEntries(Object.entries(a).map(([name, figure]) => [name, Math.min(figure, b[name] ?? 0)])) as Figures
  return {
    id: one.id,
    requires: {
      isolation: isAtLeast(one.requires.isolation, other.requires.isolation)
        ? one.requires.isolation
        : other.requires.isolation,
      controls: union(one.requires.controls, other.requires.controls),
    },
    filesystem: {
      writable_paths: groups(one.filesystem.writable_paths, other.filesystem.writable_paths),
      read_only_paths: union(one.filesystem.read_only_paths, other.filesystem.read_only_paths),
    },
    network: {
      allowlist: one.network.allowlist.filter((host) => other.network.allowlist.includes(host)),
      ask: one.network.ask && other.network.ask,
    },
    secrets: [],
    resources: smaller(one.resources, other.resources),
    packages: {
      allow_download: one.packages.allow_download && other.packages.allow_download,
      use_locked_cache: one.packages.use_locked_cache && other.packages.use_locked_cache,
      install_scripts: one.packages.install_scripts && other.packages.install_scripts,
      budget: smaller(one.packages.budget, other.packages.budget),
    },
    artifact_export: groups(one.artifact_export, other.artifact_export),
  }
}

const union = (one: readonly string[], other: readonly string[]): readonly string[] =>
  [...new Set([...one, ...other])].sort()

/** Each list still has to be met; none at all means nothing and stays nothing. */
function groups(one: PathGroups, other: PathGroups): PathGroups {
  if (one.length === 0 || other.length === 0) return []
  const seen = new Map([...one, ...other].map((group) => [JSON.stringify([...group].sort()), group]))
  return [...seen.values()]
}
