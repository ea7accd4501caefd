import type { VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { has, pathsLike, type BaseTree } from './base-tree.ts'
import { registryHosts } from './registry-hosts.ts'
import { sealProfile } from './seal-profile.ts'

const MAVEN = ['mvn', '-B', '-ntp', '-Dstyle.color=never']
/** Switches of the repository that would let failing or missing tests pass. */
const HONEST = [
  '-DskipTests=false',
  '-Dmaven.test.skip=false',
  '-Dmaven.test.failure.ignore=false',
  '-DtrimStackTrace=false',
]
const SOURCES = ['.java', '.kt', '.groovy', '.scala'] as const
/** A module that has none of the tests that are asked for is no failure. */
const CHOSEN = [...MAVEN, '-o', ...HONEST, '-Dsurefire.failIfNoSpecifiedTests=false', '-DfailIfNoTests=false'] as const

/**
 * Maven: setup runs the test command once, because `dependency:go-offline` misses plugins, and cleans up after itself,
 * so that no class of the base commit is left for later; everything after that is offline.
 */
export async function mavenProfile(
  tree: BaseTree,
  registries: PackageRegistries,
): Promise<VerificationProfile | undefined> {
  if (!has(tree, 'pom.xml')) return undefined
  const modules = pathsLike(tree, /(?:^|\/)pom\.xml$/)
    .slice(0, 200)
    .map((path) => (path === 'pom.xml' ? '.' : path.slice(0, -'/pom.xml'.length)))
  return sealProfile({
    id: 'java-maven-standard',
    ecosystem: 'java',
    registry_hosts: await registryHosts(registries, 'maven'),
    setup: [
      {
        id: 'resolve',
        argv: [...MAVEN, '-Dmaven.test.failure.ignore=true', 'test'],
        shown: 'mvn test',
        required: false,
        timeout_seconds: 900,
      },
      { id: 'clean', argv: [...MAVEN, 'clean'], shown: 'mvn clean', required: true, timeout_seconds: 300 },
    ],
    phases: [
      {
        id: 'compile',
        argv: [...MAVEN, '-o', '-q', '-DskipTests', 'test-compile'],
        shown: 'mvn test-compile',
        kind: 'compile',
        required: true,
        timeout_seconds: 300,
      },
      {
        id: 'unit_tests',
        kind: 'all_tests',
        argv: [...MAVEN, '-o', ...HONEST, 'test'],
        shown: 'mvn test',
        required: true,
        timeout_seconds: 600,
        results: { format: 'junit', path: '**/target/surefire-reports/TEST-*.xml' },
        focus: { argv: [...CHOSEN, '-Dtest={targets}', 'test'], by: 'java_class', extensions: SOURCES },
        ...(modules.length > 1
          ? {
              module: {
                argv: [...CHOSEN, '-pl', '{targets}', '-am', 'test'],
                by: 'module',
                extensions: SOURCES,
                modules: Object.fromEntries(modules.map((folder) => [folder, [folder]])),
              },
            }
          : {}),
      },
    ],
    found_by: 'pom.xml',
  })
}
