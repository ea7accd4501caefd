import { join } from 'node:path'
import { createPackageFacts, createPackageRegistries } from '#adapters/registries'
import type { PackageFacts, PackageRegistries } from '#ports'
import { readDependencyTerms } from './read-dependency-terms.ts'

/** The registries of this machine, what they know of packages, and the installation's own advisories and terms. */
export function packageParts(home: string): {
  readonly registries: PackageRegistries
  readonly package_facts: PackageFacts
} {
  const registries = createPackageRegistries({ home })
  const terms = () => readDependencyTerms(home)
  return {
    registries,
    package_facts: createPackageFacts({ registries, advisories_folder: join(home, 'advisories'), terms }),
  }
}
