import { homedir } from 'node:os'
import type {
  DependencyTerms,
  PackageAnswer,
  PackageFacts,
  PackageQuestion,
  PackageRegistries,
  PackageTool,
} from '#ports'
import { npmRegistryOf } from '../npm-addresses.ts'
import { toolOutput } from '../package-registries.ts'
import { pipIndexes } from '../pip-indexes.ts'
import { documentFetcher, type FetchDocument, type Fetched } from './fetch-document.ts'
import { npmAddress, readNpmDocument } from './npm-facts.ts'
import { readOsvDatabase } from './osv-database.ts'
import {
  artifactAddress,
  crateAddress,
  moduleAddress,
  readCrateFile,
  readMavenMetadata,
  readModuleVersion,
} from './other-facts.ts'
import type { KnownPackage } from './package-fact.ts'
import { longAddress, readLongDocument, readSimplePage, simpleAddress } from './python-facts.ts'

/** What facts are made of; tests put others in. */
interface FactSources {
  readonly registries: PackageRegistries
  /** Folder with advisories in OSV's form, as files or zip archives; it may be missing. */
  readonly advisories_folder: string
  readonly terms: () => Promise<DependencyTerms>
  readonly environment?: NodeJS.ProcessEnv
  readonly ask?: (argv: readonly string[]) => Promise<string | undefined>
  readonly fetch?: FetchDocument
}

interface Asking {
  readonly question: PackageQuestion
  readonly fetch: (address: string) => Promise<Fetched>
}

/** One place that may know a package. */
type Place = (asking: Asking) => Promise<KnownPackage | Exclude<Fetched, { kind: 'found' }>>

/** Asks the registries that the machine's own tools are configured for; the repository's settings have no say. */
export function createPackageFacts(sources: FactSources): PackageFacts {
  const { environment = process.env } = sources
  const ask = sources.ask ?? ((argv: readonly string[]) => toolOutput(argv, environment))
  const fetch = sources.fetch ?? documentFetcher(environment)
  const placesOf = async ({ tool, name }: PackageQuestion): Promise<readonly (readonly [string, Place])[]> => {
    const addresses =
      tool === 'npm'
        ? await npmRegistryOf(ask, name)
        : tool === 'pip'
          ? await pipIndexes(ask, { HOME: homedir(), ...environment })
          : await sources.registries.addresses(tool)
    return addresses.map((address) => [new URL(address).host.toLowerCase(), PLACES[tool](address)] as const)
  }
  return {
    terms: sources.terms,
    advisories: (packages) => readOsvDatabase(sources.advisories_folder, packages),
    look: async (question, signal) => {
      try {
        return await firstKnown(await placesOf(question), { question, fetch: (address) => fetch(address, signal) })
      } catch (error) {
        const reason = error instanceof Error ? error.message.slice(0, 160) : 'unknown error'
        return { answer: 'unavailable', reason: `what the registry said cannot be read (${reason})` }
      }
    },
  }
}

/** The first place that has the package. Only where every place says no is it missing. */
async function firstKnown(places: readonly (readonly [string, Place])[], asking: Asking): Promise<PackageAnswer> {
  if (places.length === 0)
    return { answer: 'unavailable', reason: `no registry is configured for ${asking.question.tool} on this machine` }
  let failed: string | undefined
  for (const [, place] of places) {
    const found = await place(asking)
    if ('answer' in found) return found
    if (found.kind === 'unavailable') failed ??= found.reason
  }
  if (failed !== undefined) return { answer: 'unavailable', reason: failed }
  return { answer: 'missing', registries: [...new Set(places.map(([host]) => host))] }
}

const host = (address: string): string => new URL(address).host.toLowerCase()

const PLACES: Readonly<Record<PackageTool, (address: string) => Place>> = {
  npm:
    (registry) =>
    async ({ question, fetch }) => {
      const found = await fetch(npmAddress(registry, question.name))
      return found.kind === 'found' ? readNpmDocument(found.text, host(registry), question.version) : found
    },
  pip:
    (index) =>
    async ({ question, fetch }) => {
      const found = await fetch(simpleAddress(index, question.name))
      if (found.kind !== 'found') return found
      const short = readSimplePage(found.text, host(index), question.version)
      const longer = longAddress(index, question.name)
      if (longer === undefined || (short.published_at !== null && short.version !== '')) return short
      const document = await fetch(longer)
      if (document.kind !== 'found') return short
      const long = readLongDocument(document.text, host(index), question.version)
      return {
        ...long,
        version_exists: short.version_exists || long.version_exists,
        yanked: short.yanked || long.yanked,
      }
    },
  cargo:
    (index) =>
    async ({ question, fetch }) => {
      // Among the addresses are those of the crates' files, which are no index.
      const settings = await fetch(`${index.replace(/\/*$/, '/')}config.json`)
      if (settings.kind !== 'found') return settings
      const found = await fetch(crateAddress(index, question.name))
      return found.kind === 'found' ? readCrateFile(found.text, host(index), question.version) : found
    },
  go:
    (proxy) =>
    async ({ question, fetch }) => {
      const found = await fetch(moduleAddress(proxy, question.name, question.version))
      if (found.kind === 'found') return readModuleVersion(found.text, host(proxy))
      if (found.kind === 'unavailable' || question.version === null) return found
      const any = await fetch(moduleAddress(proxy, question.name, null))
      return any.kind === 'found' ? { ...readModuleVersion(any.text, host(proxy)), version_exists: false } : found
    },
  maven:
    (repository) =>
    async ({ question, fetch }) => {
      const folder = artifactAddress(repository, question.name)
      const found = await fetch(`${folder}maven-metadata.xml`)
      if (found.kind !== 'found') return found
      const page = await fetch(folder)
      const listing = page.kind === 'found' ? page.text : ''
      return readMavenMetadata(found.text, { registry: host(repository), wanted: question.version, listing })
    },
}
