import type { FocusTarget, PhaseFocus, PhaseKind, ProfilePhase, VerificationProfile } from '#domain/verification'

const MOST_FILES = 200
/** Names that no runner takes for an option, a pattern or a placeholder. */
const PLAIN = /^(?!-)[\p{L}\p{N}_@.+ =,/-]+$/u

/**
 * The phase that runs these test files alone, of kind `focused_tests`; where the runner is only told modules, the tests of
 * the modules that they belong to, of kind `module_tests` (Gradle with many modules). Undefined where the profile's runner
 * cannot be told either, a name could be taken for something else, or there are too many. The files must exist in the
 * tree it runs on.
 */
export const focusedPhase = (profile: VerificationProfile, files: readonly string[]): ProfilePhase | undefined =>
  partOf(profile, files, FOCUS) ?? partOf(profile, files, MODULE)

interface Part {
  readonly id: Extract<PhaseKind, 'focused_tests' | 'module_tests'>
  readonly part: (phase: ProfilePhase) => PhaseFocus | undefined
}

const FOCUS: Part = { id: 'focused_tests', part: (phase) => phase.focus }
const MODULE: Part = { id: 'module_tests', part: (phase) => phase.module }

function partOf({ phases }: VerificationProfile, files: readonly string[], { id, part }: Part) {
  if (files.length === 0 || files.length > MOST_FILES || !files.every(isPlain)) return undefined
  const phase = phases.find((one) => part(one) !== undefined)
  const focus = phase === undefined ? undefined : part(phase)
  if (phase === undefined || focus === undefined) return undefined
  const told = files.filter((file) => focus.extensions.some((ending) => file.endsWith(ending)))
  const targets = each(told.map((file) => TARGETS[focus.by](file, focus)))
  if (targets === undefined || targets.length === 0) return undefined
  const { focus: _focus, module: _module, shown, ...rest } = phase
  return {
    ...rest,
    id,
    kind: id,
    argv: focus.argv.flatMap((word) => filled(word, targets)),
    shown: said(shown, targets),
  }
}

const isPlain = (file: string): boolean => PLAIN.test(file) && !file.split('/').includes('..')

type Words = readonly string[]

/** Each target once; undefined when one file cannot be told, because a part that leaves a file out would lie. */
function each(found: readonly (Words | undefined)[]): readonly Words[] | undefined {
  const targets = new Map<string, Words>()
  for (const words of found) {
    if (words === undefined) return undefined
    targets.set(words.join('\0'), words)
  }
  const all = [...targets.values()]
  return all.filter((words) => !all.some((whole) => isPartOf(words, whole)))
}

/** One target of a package that is run whole is run with it. */
const isPartOf = (words: Words, whole: Words): boolean =>
  whole.length < words.length && whole.every((word, at) => word === words[at])

function filled(word: string, targets: readonly Words[]): readonly string[] {
  if (word.includes('{targets}')) return [word.replace('{targets}', targets.flat().join(','))]
  if (!word.includes('{target}')) return [word]
  return targets.flatMap((words) => words.map((one) => word.replace('{target}', one)))
}

const said = (shown: string | undefined, targets: readonly Words[]): string =>
  `${shown ?? 'tests'} ${targets.flat().join(' ')}`.slice(0, 400)

const TARGETS: Readonly<Record<FocusTarget, (file: string, focus: PhaseFocus) => Words | undefined>> = {
  path: (file) => [file],
  go_package: (file) => [file.includes('/') ? `./${file.slice(0, file.lastIndexOf('/'))}` : '.'],
  java_class: (file) => {
    const name = /([^/]+)\.\w+$/.exec(file)?.[1] ?? ''
    return /^[\p{L}\p{N}_$]+$/u.test(name) ? [name] : undefined
  },
  cargo_target: (file, focus) => {
    const [folder, words] = moduleOf(file, focus) ?? []
    if (folder === undefined || words === undefined) return undefined
    const inner = folder === '.' ? file : file.slice(folder.length + 1)
    const own = /^tests\/([\w-]+)(?:\/main)?\.rs$/.exec(inner)?.[1]
    return own === undefined ? words : [...words, '--test', own]
  },
  module: (file, focus) => moduleOf(file, focus)?.[1],
}

/** The module whose folder is nearest above the file. */
function moduleOf(file: string, { modules = {} }: PhaseFocus): readonly [folder: string, words: Words] | undefined {
  const own = Object.entries(modules).filter(([folder]) => folder === '.' || file.startsWith(`${folder}/`))
  return own.toSorted(([left], [right]) => depth(right) - depth(left))[0]
}

const depth = (folder: string): number => (folder === '.' ? 0 : folder.split('/').length)
