import type { ProfilePhase, VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { has, pathsLike, readText, type BaseTree } from './base-tree.ts'
import { registryHosts } from './registry-hosts.ts'
import { sealProfile } from './seal-profile.ts'

const SCRIPTS = /(?:^|\/)build\.gradle(?:\.kts)?$/
const SOURCES = ['.java', '.kt', '.groovy', '.scala'] as const
/** The machine's own Gradle where it has one: a wrapper fetches a program that nobody here chose. */
const GRADLE = ['sh', '-c', 'command -v gradle >/dev/null && exec gradle "$@"; exec ./gradlew "$@"', 'gradle'] as const
const TOOL = ['sh', '-c', 'command -v gradle >/dev/null || test -x ./gradlew'] as const
const QUIET = ['--no-daemon', '--console=plain'] as const
/** Results of an earlier build never count as those of this one. */
const RUN = [...QUIET, '--offline', '--continue', '--no-build-cache'] as const

/** Gradle: setup runs the tests once, which is what fetches everything, and cleans up; the rest is offline. */
export async function gradleProfile(
  tree: BaseTree,
  registries: PackageRegistries,
): Promise<VerificationProfile | undefined> {
  const scripts = pathsLike(tree, SCRIPTS)
  const settings = ['settings.gradle', 'settings.gradle.kts'].some((path) => has(tree, path))
  if (scripts.length === 0 || !(settings || scripts.some((path) => !path.includes('/')))) return undefined
  const wrapper = (await readText(tree, 'gradle/wrapper/gradle-wrapper.properties')) ?? ''
  const from = /^distributionUrl=(.+)$/m.exec(wrapper)?.[1]?.replaceAll('\\:', ':').trim()
  const phase = (id: string, shown: string, rest: Omit<ProfilePhase, 'id' | 'shown' | 'tool'>): ProfilePhase => ({
    id,
    shown,
    tool: TOOL,
    ...rest,
  })
  return sealProfile({
    id: 'java-gradle-standard',
    ecosystem: 'java',
    registry_hosts: await registryHosts(registries, 'maven', from === undefined ? [] : [from]),
    setup: [
      phase('resolve', 'gradle test', {
        argv: [...GRADLE, ...QUIET, '--continue', 'test'],
        required: false,
        timeout_seconds: 900,
      }),
      phase('clean', 'gradle clean', { argv: [...GRADLE, ...QUIET, 'clean'], required: true, timeout_seconds: 300 }),
    ],
    phases: [
      phase('compile', 'gradle testClasses', {
        kind: 'compile',
        argv: [...GRADLE, ...RUN, 'testClasses'],
        required: true,
        timeout_seconds: 600,
      }),
      phase('unit_tests', 'gradle test', {
        kind: 'all_tests',
        argv: [...GRADLE, ...RUN, 'test'],
        required: true,
        timeout_seconds: 900,
        results: { format: 'junit', path: '**/build/test-results/**/TEST-*.xml' },
        ...partsOf(scripts),
      }),
    ],
    found_by: scripts[0] ?? 'build.gradle',
  })
}

/** Of many modules some; of one, classes: `--tests` fails in every module that has none of them. */
function partsOf(scripts: readonly string[]): Pick<ProfilePhase, 'focus' | 'module'> {
  const folders = scripts.slice(0, 200).map((path) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'))
  if (folders.every((folder) => folder === '.'))
    return { focus: { argv: [...GRADLE, ...RUN, 'test', '--tests=*.{target}'], by: 'java_class', extensions: SOURCES } }
  const task = (folder: string) => (folder === '.' ? 'test' : `:${folder.replaceAll('/', ':')}:test`)
  const modules = Object.fromEntries(folders.map((folder) => [folder, [task(folder)]]))
  return { module: { argv: [...GRADLE, ...RUN, '{target}'], by: 'module', extensions: SOURCES, modules } }
}
