import { posix } from 'node:path'
import type { PackageTool } from '#ports'
import { readLockfile, type LockEntry, type LockfileKind } from '#execution-plane/lockfiles'
import { packageName, type Dependency, type ManifestContent, type NamedRegistry } from '../dependency.ts'
import { readCargoManifest, readCargoSettings } from './cargo-manifest.ts'
import { readGradleScript, readVersionCatalog } from './gradle-manifest.ts'
import type { ManifestReader } from './manifest-text.ts'
import { readNpmSettings, readPackageJson, readPnpmWorkspace } from './npm-manifest.ts'
import { readPipfile, readPyproject, readRequirementsFile } from './python-manifest.ts'

const MOST_BYTES = 2 * 1024 ** 2
const MOST_DEPENDENCIES = 20_000

/** Readers by the file's name; what is a lockfile is read by the room of lockfiles. */
const READERS: Readonly<Record<string, ManifestReader>> = {
  'package.json': readPackageJson,
  '.npmrc': readNpmSettings,
  '.yarnrc': readNpmSettings,
  '.yarnrc.yml': readNpmSettings,
  'pnpm-workspace.yaml': readPnpmWorkspace,
  'pyproject.toml': readPyproject,
  Pipfile: readPipfile,
  'Cargo.toml': readCargoManifest,
  'build.gradle': readGradleScript,
  'build.gradle.kts': readGradleScript,
  'settings.gradle': readGradleScript,
  'settings.gradle.kts': readGradleScript,
}

const TOOLS: Readonly<Record<LockfileKind, PackageTool>> = {
  npm: 'npm',
  pnpm: 'npm',
  yarn: 'npm',
  berry: 'npm',
  pip: 'pip',
  poetry: 'pip',
  uv: 'pip',
  go: 'go',
  cargo: 'cargo',
  maven: 'maven',
}

/** Trees that hold packages of others, or files that tests read and no tool installs from. */
const FOREIGN = /(?:^|\/)(?:node_modules|vendor|testdata|fixtures|__fixtures__|site-packages|src\/test|src\/it)\//

function readerOf(path: string): ManifestReader | undefined {
  const name = posix.basename(path)
  if (/(?:^|\/)\.cargo\/config(?:\.toml)?$/.test(path)) return readCargoSettings
  if (name.endsWith('.versions.toml')) return readVersionCatalog
  if (
    /^[\w.-]*(?:requirements|constraints)[\w.-]*\.(?:txt|in)$/.test(name) ||
    /(?:^|\/)requirements\/[\w.-]+\.(?:txt|in)$/.test(path)
  )
    return readRequirementsFile
  return Object.hasOwn(READERS, name) ? READERS[name] : undefined
}

const LOCKFILES =
  /^(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|poetry\.lock|uv\.lock|Cargo\.lock)$/
const BY_LOCK_READER = /^(?:go\.mod|pom\.xml)$/

/** True for a file that says which packages a repository uses, or where from. */
export const isDependencyFile = (path: string): boolean =>
  !FOREIGN.test(path) && (readerOf(path) !== undefined || isLockfile(path) || BY_LOCK_READER.test(posix.basename(path)))

/** True for a file that a tool writes to pin packages. */
const isLockfile = (path: string): boolean => LOCKFILES.test(posix.basename(path)) || posix.basename(path) === 'go.sum'

/** Reads one file; undefined where it is not what its name says, or too large. */
export function readManifest(path: string, bytes: Uint8Array): ManifestContent | undefined {
  const reader = readerOf(path)
  const read = reader === undefined ? fromLock(path, bytes) : fromText(reader, path, bytes)
  return read === undefined || read.dependencies.length > MOST_DEPENDENCIES ? undefined : read
}

function fromText(reader: ManifestReader, path: string, bytes: Uint8Array): ManifestContent | undefined {
  if (bytes.length > MOST_BYTES) return undefined
  try {
    return reader(new TextDecoder().decode(bytes), path)
  } catch {
    return undefined
  }
}

/** Go's sums say nothing that go.mod does not. */
function fromLock(path: string, bytes: Uint8Array): ManifestContent | undefined {
  if (posix.basename(path) === 'go.sum') return { dependencies: [], registries: [] }
  const read = readLockfile(path, bytes)
  if (read === undefined) return undefined
  const tool = TOOLS[read.kind]
  const role = BY_LOCK_READER.test(posix.basename(path)) ? 'direct' : 'locked'
  const isRegistry = (entry: LockEntry) => read.kind === 'maven' && !entry.name.includes(':')
  const valueOf = read.kind === 'maven' ? propertiesOf(bytes) : (text: string) => text
  const dependencies = read.entries
    .filter((entry) => !isRegistry(entry))
    .map((entry) => ofEntry({ ...entry, version: valueOf(entry.version) }, { tool, role, path }))
  const registries = read.entries
    .filter(isRegistry)
    .map((entry): NamedRegistry => ({ tool, address: entry.address ?? `file:${entry.name}`, path, line: entry.line }))
  return { dependencies, registries }
}

/** Versions of a pom are often properties of the same file; what another file defines stays as it is written. */
function propertiesOf(bytes: Uint8Array): (text: string) => string {
  const pom = new TextDecoder().decode(bytes)
  const found = [...pom.matchAll(/<([\w.-]{1,200})>\s*([^<>$\s]{1,100})\s*<\/\1>/g)]
  const known = new Map(found.map(([, name = '', value = '']) => [name, value]))
  return (text) => text.replace(/\$\{([\w.-]{1,200})\}/, (whole, name: string) => known.get(name) ?? whole)
}

function ofEntry(
  { name, version, line, source, address }: LockEntry,
  at: Pick<Dependency, 'tool' | 'role' | 'path'>,
): Dependency {
  return {
    ...at,
    name: packageName(at.tool, name),
    wanted: version,
    source: source === 'file' ? 'outside' : source === 'archive' ? 'url' : source,
    ...(address !== undefined && { reference: address }),
    line,
  }
}
