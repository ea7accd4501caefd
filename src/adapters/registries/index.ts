/**
 * Says where this machine's user fetches packages from, by asking the machine's own tools: npm and pip for their
 * configuration and built-in default, pip's index for the hosts of its files, Maven for its home, settings and super
 * POM, Go for its environment, Cargo's files, program and index. No registry is named here. Tells what these registries
 * and a folder of advisories know of a package. Owns cache/registries below Gander's home.
 */
export { createPackageFacts } from './facts/create-package-facts.ts'
export { createPackageRegistries } from './package-registries.ts'
