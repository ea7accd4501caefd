import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { has, readText, type BaseTree } from './base-tree.ts'
import { optionalChecks } from './optional-checks.ts'
import { registryHosts } from './registry-hosts.ts'
import { sealProfile } from './seal-profile.ts'

/** What one run looks at: package patterns, and flags that decide where modules come from. */
interface GoModules {
  readonly patterns: readonly string[]
  readonly vendored: boolean
  readonly required: boolean
  readonly summed: boolean
}

/** Each module with its folder, in front of the events: Go names files by their last part alone. */
const LIST = `go list -m -f '{"Action":"module","Package":"{{.Path}}","Output":"{{.Dir}}"}' > "$0"`

/**
 * Go: a module at the root, or the modules of a workspace. Setup downloads modules, then compiles and vets everything,
 * tests too, without running any of it: `-exec=true` starts /bin/true in the place of a test. The standard library and
 * modules then lie compiled in the layer, which saves each verification of a small module 40 s of processor time of 41.
 * Later phases have no network and no say in checksums.
 */
export async function goProfile(
  tree: BaseTree,
  registries: PackageRegistries,
): Promise<VerificationProfile | undefined> {
  const modules = await goModules(tree)
  if (modules === undefined) return undefined
  const { patterns, vendored, required } = modules
  const packages = patterns.join(' ')
  const download = required && !vendored
  const phase = phaseWith(goFlags(modules))
  return sealProfile({
    id: 'go-standard',
    ecosystem: 'go',
    registry_hosts: download ? await registryHosts(registries, 'go') : [],
    setup: [
      ...(download
        ? [phase('download', ['go', 'mod', 'download'], { shown: 'go mod download', timeout_seconds: 600 })]
        : []),
      phase('compile_cache', ['sh', '-c', `go vet ${packages}; exec go test -exec=true -count=1 ${packages}`], {
        shown: `go test -exec=true ${packages}`,
        timeout_seconds: 900,
        required: false,
      }),
    ],
    phases: [
      phase('compile', ['go', 'build', '-o', '/dev/null', ...patterns], {
        kind: 'compile',
        shown: `go build ${packages}`,
        timeout_seconds: 600,
        env: OFFLINE,
      }),
      phase('vet', ['go', 'vet', ...patterns], {
        kind: 'lint',
        shown: `go vet ${packages}`,
        timeout_seconds: 300,
        required: false,
        env: OFFLINE,
      }),
      phase('unit_tests', ['sh', '-c', `${LIST}; exec go test -json -count=1 ${packages} >> "$0"`, '{results}.json'], {
        kind: 'all_tests',
        shown: `go test ${packages}`,
        timeout_seconds: 900,
        env: OFFLINE,
        results: { format: 'go_json', path: '{results}.json' },
        focus: PACKAGES,
        module: PACKAGES,
      }),
      ...(await optionalChecks(tree, 'go')),
    ],
    found_by: has(tree, 'go.work') ? 'go.work' : 'go.mod',
  })
}

/** Go runs packages, so a test file stands for its own. */
const PACKAGES = {
  argv: ['sh', '-c', `${LIST}; exec go test -json -count=1 "$@" >> "$0"`, '{results}.json', '{target}'],
  by: 'go_package',
  extensions: ['.go'],
} as const
const OFFLINE = { GOPROXY: 'off', GOSUMDB: 'off' } as const

async function goModules(tree: BaseTree): Promise<GoModules | undefined> {
  const work = await readText(tree, 'go.work')
  const used = work === undefined ? ['.'] : usedFolders(work)
  const folders = used.filter((folder) => has(tree, below(folder, 'go.mod')))
  if (folders.length === 0) return undefined
  const manifests = await Promise.all(folders.map((folder) => readText(tree, below(folder, 'go.mod'))))
  return {
    patterns: folders.map((folder) => (folder === '.' ? './...' : `./${folder}/...`)),
    vendored: has(tree, 'vendor/modules.txt'),
    required: manifests.some((text) => /^[ \t]*require\b/m.test(text ?? '')),
    summed: work !== undefined || has(tree, 'go.sum'),
  }
}

const below = (folder: string, name: string): string => (folder === '.' ? name : `${folder}/${name}`)

/** Folders that `use` names, read line by line; a module outside of the repository is none of its own. */
function usedFolders(work: string): readonly string[] {
  const folders: string[] = []
  let inside = false
  for (const whole of work.split('\n')) {
    const line = whole.replace(/\/\/.*$/, '').trim()
    const alone = /^use\s+([^\s(]+)$/.exec(line)?.[1]
    if (alone !== undefined) folders.push(alone)
    else if (/^use\s*\($/.test(line)) inside = true
    else if (line === ')') inside = false
    else if (inside && line !== '') folders.push(line)
  }
  return folders.map((path) => path.replaceAll('"', '').replace(/^\.\//, '').replace(/\/$/, '')).filter(isInside)
}

const isInside = (path: string): boolean =>
  path === '.' || (/^[\w.@-][\w./@-]*$/.test(path) && !path.split('/').includes('..'))

/**
 * Modules are read as they are written (`readonly`, what everybody else gets too), from `vendor` where that is kept, and
 * are only completed in passing where the repository keeps no sums.
 */
function goFlags({ vendored, required, summed }: GoModules): string {
  const mode = vendored ? ' -mod=vendor' : required && !summed ? ' -mod=mod' : ''
  return `-buildvcs=false -modcacherw${mode}`
}

type Wish = Pick<ProfilePhase, 'kind' | 'timeout_seconds' | 'results' | 'env' | 'focus' | 'module'> & {
  readonly shown: string
  readonly required?: boolean
}

const phaseWith =
  (flags: string) =>
  (id: string, argv: readonly string[], { required = true, env = {}, ...wish }: Wish): ProfilePhase => ({
    id,
    argv,
    ...wish,
    env: { GOFLAGS: flags, GOTOOLCHAIN: 'local', ...env },
    required,
  })
