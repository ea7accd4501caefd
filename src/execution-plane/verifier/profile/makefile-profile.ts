import type { PhaseKind, ProfilePhase, VerificationProfile } from '#domain/verification'
import type { PackageRegistries } from '#ports'
import { readText, type BaseTree } from './base-tree.ts'
import { sealProfile } from './seal-profile.ts'

const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'] as const
/** Targets by what they tell, the first of each kind that there is. */
const TARGETS: readonly (readonly [kind: PhaseKind, names: readonly string[]])[] = [
  ['all_tests', ['test', 'tests', 'check']],
  ['lint', ['lint']],
  ['format', ['format-check', 'fmt-check', 'check-format']],
  ['types', ['typecheck', 'types']],
]

/**
 * Any repository whose Makefile says how it is tested. Nothing is set up, and the exit code decides: what tests print is
 * read for names only where it is of a known form.
 */
export async function makefileProfile(
  tree: BaseTree,
  _registries: PackageRegistries,
): Promise<VerificationProfile | undefined> {
  const texts = await Promise.all(MAKEFILES.map((path) => readText(tree, path)))
  const at = texts.findIndex((text) => text !== undefined)
  const targets = new Set(Array.from((texts[at] ?? '').matchAll(/^([\w-]+)[ \t]*:(?!=)/gm), ([, name = '']) => name))
  const phases = TARGETS.flatMap(([kind, names]): readonly ProfilePhase[] => {
    const name = names.find((one) => targets.has(one))
    if (name === undefined) return []
    // A file or folder of that name would make the target up to date: nothing would run, and that would pass.
    const argv = ['make', '--no-print-directory', `--eval=.PHONY: ${name}`, name]
    const tests = kind === 'all_tests'
    return [
      {
        id: tests ? 'unit_tests' : kind,
        kind,
        argv,
        shown: `make ${name}`,
        tool: ['make', '--version'],
        required: tests,
        timeout_seconds: 600,
      },
    ]
  })
  if (phases[0]?.kind !== 'all_tests') return undefined
  return sealProfile({
    id: 'makefile-standard',
    ecosystem: 'command',
    registry_hosts: [],
    phases,
    found_by: MAKEFILES[at] ?? 'Makefile',
  })
}
