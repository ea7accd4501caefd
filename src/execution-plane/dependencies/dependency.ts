import type { PackageTool } from '#ports'

/** One package as a manifest asks for it or a lockfile pins it. */
export interface Dependency {
  readonly tool: PackageTool
  /** In the one spelling under which its tool compares names. */
  readonly name: string
  /** The range or version as written; empty where none is. */
  readonly wanted: string
  /** `direct`: a manifest names it; `locked`: a lockfile pins it. */
  readonly role: 'direct' | 'locked'
  /** `inside`: a folder of the repository; `git`, `url` and `outside` are what no registry vouches for. */
  readonly source: 'registry' | 'inside' | 'git' | 'url' | 'outside'
  /** Where it comes from, as written: an address, a git reference, a path. */
  readonly reference?: string
  readonly path: string
  /** 1-based. */
  readonly line: number
}

/** A registry or index that a file tells its tool to use. */
export interface NamedRegistry {
  readonly tool: PackageTool
  readonly address: string
  readonly path: string
  readonly line: number
}

/** What one manifest, lockfile or tool configuration says. */
export interface ManifestContent {
  readonly dependencies: readonly Dependency[]
  readonly registries: readonly NamedRegistry[]
}

/** Names of packages as their tools compare them. */
export function packageName(tool: PackageTool, name: string): string {
  return tool === 'pip' ? name.toLowerCase().replaceAll(/[-_.]+/g, '-') : name
}
