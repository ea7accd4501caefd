import { ok, refuse, type Result } from '#domain/result'
import type { Task } from '#domain/task'
import { NAMED_PROFILES, type VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { readText, type BaseTree, type TreeReader } from './base-tree.ts'
import { cargoProfile } from './cargo-profile.ts'
import { goProfile } from './go-profile.ts'
import { gradleProfile } from './gradle-profile.ts'
import { makefileProfile } from './makefile-profile.ts'
import { mavenProfile } from './maven-profile.ts'
import { nodeProfile } from './node-profile.ts'
import { pythonProfile } from './python-profile.ts'
import { readProfile, type ProfileRefusal } from './read-profile.ts'

const OWN_PROFILES = ['.gander/verify.yaml', '.gander/verify.yml']

/**
 * The profile of a repository: given by an operator, written in the base commit's `.gander/verify.yaml`, or found from
 * its manifests (Node, Java with Maven or Gradle, Go, Rust with Cargo, Python), last from its Makefile. Only the base tree
 * is read, so what an agent writes never decides how it is verified.
 */
export async function findProfile(
  reader: TreeReader,
  choice: Task['verification'],
  registries: PackageRegistries,
): Promise<Result<VerificationProfile, ProfileRefusal>> {
  if (choice?.kind === 'given') return readProfile(choice.source, 'the given profile')
  const repository: BaseTree = { list: await reader.list(), read: (path) => reader.read(path) }
  if (choice === null)
    for (const path of OWN_PROFILES) {
      const source = await readText(repository, path)
      if (source !== undefined) return readProfile(source, path)
    }
  // One after the other: the tools of an ecosystem are only asked where it is looked at.
  const found: VerificationProfile[] = []
  for (const find of await finders(repository)) {
    const profile = await find(repository, registries)
    if (profile === undefined) continue
    if (choice === null || profile.id === choice.id) return ok(profile)
    found.push(profile)
  }
  if (choice === null) return refuse(nothingFound(repository))
  if (!NAMED_PROFILES.some((name) => name === choice.id))
    return refuse({
      code: 'verifier_invalid',
      message: `there is no profile ${choice.id}; the names are ${NAMED_PROFILES.join(', ')}, or give a YAML file`,
    })
  const instead = found.length === 0 ? '' : `; found instead: ${found.map((profile) => profile.id).join(', ')}`
  return refuse({
    code: 'verifier_not_found',
    message: `the profile ${choice.id} does not fit this repository: what it needs is not in the base commit${instead}`,
  })
}

/** In the order of what tells most. A Python package with its core in Rust is one of Python: its tests use the core. */
async function finders(tree: BaseTree) {
  const project = (await readText(tree, 'pyproject.toml')) ?? ''
  const compiled = /\b(?:maturin|setuptools[_-]rust)\b/.test(project)
    ? [pythonProfile, cargoProfile]
    : [cargoProfile, pythonProfile]
  return [nodeProfile, mavenProfile, gradleProfile, goProfile, ...compiled, makefileProfile]
}

function nothingFound(tree: BaseTree): ProfileRefusal {
  const top = [...new Set(tree.list.map((entry) => entry.path.split('/')[0] ?? ''))].slice(0, 12).join(', ')
  return {
    code: 'verifier_not_found',
    message:
      'no tests were found at the base commit. Looked for .gander/verify.yaml; package.json with a test script or ' +
      'tests of node:test, vitest, jest or mocha; pyproject.toml, setup.py, pytest.ini or test_*.py; pom.xml; build.gradle; go.mod or go.work; Cargo.toml; ' +
      'a Makefile with a target test or check. ' +
      `The repository has: ${top === '' ? 'nothing' : top}`,
  }
}
