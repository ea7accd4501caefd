import { parse, stringify } from 'smol-toml'
import { pomWithBase } from './runner-sections-pom.ts'
import type { Sections } from './sections.ts'

/**
 * Puts the testing sections of the base commit in the place of those of a proposed manifest and leaves the rest, such as
 * its dependencies, because the proposed sources may need that. `base` is undefined for a manifest that is new.
 */
export function withBaseSections(path: string, base: string | undefined, head: string): Sections {
  const compose = READERS.find(([name]) => name.test(path))?.[1]
  if (compose === undefined) return { kind: 'same' }
  try {
    return compose(base ?? '', head)
  } catch {
    return { kind: 'kept', why: 'it cannot be read' }
  }
}

type Compose = (base: string, head: string) => Sections

const READERS: readonly (readonly [RegExp, Compose])[] = [
  [/(?:^|\/)package\.json$/, packageJson],
  [
    /(?:^|\/)pyproject\.toml$/,
    toml([
      ['tool', 'pytest'],
      ['tool', 'coverage'],
      ['tool', 'tox'],
      ['tool', 'nox'],
    ]),
  ],
  [
    /(?:^|\/)Cargo\.toml$/,
    toml([
      ['test'],
      ['profile', 'test'],
      ['package', 'autotests'],
      ['lib', 'test'],
      ['lib', 'doctest'],
      ['lib', 'harness'],
    ]),
  ],
  [/(?:^|\/)setup\.cfg$/, ini],
  [/(?:^|\/)pom\.xml$/, pomWithBase],
  [/\.gradle(?:\.kts)?$/, program('a Gradle build is a program')],
  [/(?:^|\/)(?:[Mm]akefile|GNUmakefile|justfile|Taskfile\.ya?ml)$/, program('a target is a program')],
]

const result = (isSame: boolean, content: () => string): Sections =>
  isSame ? { kind: 'same' } : { kind: 'put_back', content: content() }

const TEST_SCRIPT = /^(?:pre|post)?(?:tests?|vitest|jest|mocha|ava|coverage)(?:[:_-].*)?$/
const TEST_KEYS = ['jest', 'vitest', 'mocha', 'ava', 'nyc', 'c8', 'tap', 'jest-junit']

type Members = Readonly<Record<string, unknown>>

function packageJson(base: string, head: string): Sections {
  const [one, other] = [membersOf(base), membersOf(head)]
  const scripts = mixed(asMembers(one['scripts']), asMembers(other['scripts']), (key) => TEST_SCRIPT.test(key))
  const keys = mixed(one, other, (key) => TEST_KEYS.includes(key))
  const composed = Object.keys(scripts).length > 0 ? { ...keys, scripts } : keys
  return result(isEqual(composed, other), () => `${JSON.stringify(composed, null, 2)}\n`)
}

const membersOf = (text: string): Members => (text === '' ? {} : asMembers(JSON.parse(text.replace(/^\uFEFF/, ''))))
const asMembers = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

/** The members of `other`, those of tests as in `one`. */
function mixed(one: Members, other: Members, isOfTests: (key: string) => boolean): Members {
  const kept = Object.entries(other).filter(([key]) => !isOfTests(key))
  return Object.fromEntries([...kept, ...Object.entries(one).filter(([key]) => isOfTests(key))])
}

/** Whether two values say the same, in whatever order of members. */
const isEqual = (one: unknown, other: unknown): boolean =>
  JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other))

const inOrder = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([key, member]) => [key, inOrder(member)]))
}

/** Puts tables or values back by where they stand. */
function toml(places: readonly (readonly string[])[]): Compose {
  return (base, head) => {
    const [one, other, composed] = [parse(base), parse(head), parse(head)]
    const changed = places.filter((place) => !isEqual(at(one, place), at(other, place)))
    for (const place of changed) put(composed, place, at(one, place))
    return result(changed.length === 0, () => stringify(composed))
  }
}

const at = (table: unknown, [key = '', ...rest]: readonly string[]): unknown => {
  const value = asMembers(table)[key]
  return rest.length === 0 || value === undefined ? value : at(value, rest)
}

function put(table: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    if (value === undefined) Reflect.deleteProperty(table, key)
    else table[key] = value
    return
  }
  if (value === undefined && table[key] === undefined) return
  const inner = table[key]
  const next: Record<string, unknown> = typeof inner === 'object' && inner !== null ? { ...inner } : {}
  put(next, rest, value)
  table[key] = next
}

const INI_TESTS = /^\[(?:tool:pytest|pytest|tox|coverage:[^\]]*|testenv[^\]]*)\]/

function ini(base: string, head: string): Sections {
  const [one, other] = [sectionsOf(base), sectionsOf(head)]
  const ofTests = (sections: readonly string[]) =>
    sections.filter((text) => INI_TESTS.test(text)).map((text) => text.trimEnd())
  const isSame = ofTests(one).join('\n') === ofTests(other).join('\n')
  return result(isSame, () => [...other.filter((text) => !INI_TESTS.test(text)), ...ofTests(one), ''].join('\n'))
}

const sectionsOf = (text: string): readonly string[] => text.split(/\n(?=\[)/)

const OF_TESTS =
  /\btests?\b|\bcheck\b|useJUnit|junitPlatform|jacoco|\b(?:exclude|include|ignoreFailures|failFast|filter|onlyIf|enabled|maxParallelForks)\b/i
const OF_DEPENDENCIES =
  /\b(?:test)?(?:implementation|api|compileOnly|runtimeOnly|annotationProcessor|classpath|platform)\b\s*[('"]/i

/** What cannot be taken apart: told where the lines that are about tests are others. */
function program(what: string): Compose {
  const linesOf = (text: string) =>
    text
      .split('\n')
      .filter((line) => OF_TESTS.test(line) && !OF_DEPENDENCIES.test(line))
      .map((line) => line.trim())
      .join('\n')
  return (base, head) =>
    linesOf(base) === linesOf(head)
      ? { kind: 'same' }
      : { kind: 'kept', why: `${what}, of which no part can be put back alone` }
}
