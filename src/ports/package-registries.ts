/** Tools that fetch packages. */
export type PackageTool = 'npm' | 'pip' | 'maven' | 'go' | 'cargo'

/** Where this machine's own tools fetch packages from; a tool is asked at the first question about it, not before. */
export interface PackageRegistries {
  /** Https addresses without credentials, of packages' files too; empty where the tool is missing or does not say. */
  addresses(of: PackageTool): Promise<readonly string[]>
}
