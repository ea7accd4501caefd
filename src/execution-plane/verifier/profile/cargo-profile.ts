import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { anyHolds, has, pathsLike, readText, type BaseTree } from './base-tree.ts'
import { optionalChecks } from './optional-checks.ts'
import { registryHosts } from './registry-hosts.ts'
import { sealProfile } from './seal-profile.ts'

const MANIFESTS = /(?:^|\/)Cargo\.toml$/
const DEPENDENCIES = /^[ \t]*\[(?:[\w.'"()=, -]+\.)?(?:dev-|build-)?dependencies(?:\.[\w"-]+)?\]/m

/** No debug information: it is three quarters of what a build writes, and the tree lies in memory. */
const ENVIRONMENT = {
  CARGO_TERM_COLOR: 'never',
  CARGO_TERM_PROGRESS_WHEN: 'never',
  CARGO_INCREMENTAL: '0',
  CARGO_PROFILE_DEV_DEBUG: '0',
  RUST_BACKTRACE: '0',
} as const
const OFFLINE = { ...ENVIRONMENT, CARGO_NET_OFFLINE: 'true' } as const

/**
 * Rust with Cargo: a package or a workspace at the root. Setup fetches and compiles nothing, because build scripts are
 * code of strangers; they run later, without a network.
 */
export async function cargoProfile(
  tree: BaseTree,
  registries: PackageRegistries,
): Promise<VerificationProfile | undefined> {
  if (!has(tree, 'Cargo.toml')) return undefined
  const locked = await readText(tree, 'Cargo.lock')
  const fetched = (locked ?? '').includes('\nsource = ') || (await anyHolds(tree, MANIFESTS, DEPENDENCIES))
  const modules = await packagesOf(tree)
  return sealProfile({
    id: 'rust-cargo-standard',
    ecosystem: 'rust',
    ...(fetched
      ? {
          setup: [
            phase('fetch', ['cargo', 'fetch', ...(locked === undefined ? [] : ['--locked'])], {
              shown: 'cargo fetch',
              timeout_seconds: 600,
              env: ENVIRONMENT,
            }),
          ],
        }
      : {}),
    registry_hosts: fetched ? await registryHosts(registries, 'cargo', sparseIndexes(locked ?? '')) : [],
    phases: [
      phase('compile', ['cargo', 'test', '--workspace', '--no-run'], {
        kind: 'compile',
        shown: 'cargo test --no-run',
        timeout_seconds: 1_200,
        env: OFFLINE,
      }),
      // Standard error names the binaries, and only in one stream do they stand before their tests.
      phase('unit_tests', ['sh', '-c', 'exec cargo test --workspace --no-fail-fast 2>&1'], {
        kind: 'all_tests',
        shown: 'cargo test --workspace',
        timeout_seconds: 1_200,
        env: OFFLINE,
        results: { format: 'cargo_text', path: '-' },
        focus: { ...PACKAGES, by: 'cargo_target', modules },
        module: { ...PACKAGES, by: 'module', modules },
      }),
      ...(await optionalChecks(tree, 'rust', { env: OFFLINE })),
    ],
    found_by: 'Cargo.toml',
  })
}

/**
 * One run for each `-p PACKAGE CRATE [--test NAME]`. The crate is said first, as Cargo says it where unit tests are run too:
 * a test keeps the name that it has among all tests.
 */
const EACH_PACKAGE = `status=0
while [ "$#" -gt 0 ]; do
  package=$2 crate=$3 only=
  shift 3
  if [ "\${1-}" = --test ]; then only=$2; shift 2; fi
  echo "     Running unittests (deps/$crate-00000000)"
  cargo test --no-fail-fast -p "$package" \${only:+--test "$only"} 2>&1 || status=$?
done
exit "$status"`

const PACKAGES = { argv: ['sh', '-c', EACH_PACKAGE, 'cargo', '{target}'], extensions: ['.rs'] } as const
const MOST_PACKAGES = 60

/** How each package and its crate are told, by its folder. */
async function packagesOf(tree: BaseTree): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = Object.create(null)
  for (const path of pathsLike(tree, MANIFESTS).slice(0, MOST_PACKAGES)) {
    const manifest = (await readText(tree, path)) ?? ''
    const name = nameIn('package', manifest)
    const folder = path === 'Cargo.toml' ? '' : path.slice(0, -'Cargo.toml'.length)
    const library = has(tree, `${folder}src/main.rs`) ? undefined : nameIn('lib', manifest)
    if (name !== undefined)
      found[folder === '' ? '.' : folder.slice(0, -1)] = ['-p', name, (library ?? name).replaceAll('-', '_')]
  }
  return found
}

const nameIn = (table: 'package' | 'lib', manifest: string): string | undefined =>
  new RegExp(`^\\[${table}\\][^[]*?^name[ \\t]*=[ \\t]*"([\\w-]+)"`, 'm').exec(manifest)?.[1]

/** Registries besides the usual one, as the lockfile names them. */
const sparseIndexes = (lock: string): readonly string[] => [
  ...new Set(Array.from(lock.matchAll(/^source = "sparse\+(https:\/\/[^"/]+\/)/gm), ([, address = '']) => address)),
]

type Wish = Pick<ProfilePhase, 'kind' | 'timeout_seconds' | 'results' | 'env' | 'focus' | 'module'> & {
  readonly shown: string
  readonly required?: boolean
}

const phase = (id: string, argv: readonly string[], { required = true, ...wish }: Wish): ProfilePhase => ({
  id,
  argv,
  ...wish,
  required,
})
