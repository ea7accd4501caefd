import { isStandIn } from './compare-tests.ts'
import type { PhaseReport, TestResult, VerificationReport } from './report.ts'

/** Why tests could not run without the change, and the names that they lacked where the failure tells. */
export interface Absence {
  readonly reason: string
  readonly missing: readonly string[]
}

/** How languages say that a name is not there; the group is the name. */
const MISSING: readonly RegExp[] = [
  /cannot import name ['"‘](?<name>\w+)/g,
  /No module named ['"]?(?<name>[\w.]+)/g,
  /has no attribute ['"](?<name>\w+)/g,
  /NameError: name ['"](?<name>\w+)['"] is not defined/g,
  /ReferenceError: (?<name>[\w$]+) is not defined/g,
  /does not provide an export named ['"]?(?<name>[\w$]+)/g,
  /has no exported member ['"](?<name>[\w$]+)/g,
  /Property ['"](?<name>[\w$]+)['"] does not exist on type/g,
  /Cannot find (?:module|name) ['"](?<name>[^'"\n]+)['"]/g,
  /(?:\.|\b)(?<name>[\w$]+)\)? is not a (?:function|constructor)/g,
  /undefined: (?:\w+\.)?(?<name>\w+)/g,
  /undefined \(type \S+ has no field or method (?<name>\w+)\)/g,
  /symbol:\s+(?:class|method|variable|static)\s+(?<name>\w+)/g,
  /cannot find (?:function|value|type|struct|macro|attribute|method)[^`\n]{0,60}`(?<name>\w+)`/g,
  /(?:unresolved import|no method named|no function or associated item named) `(?:[\w:]*::)?(?<name>\w+)`/g,
  /no `(?<name>\w+)` in/g,
]
const MOST_MISSING = 20

/** Names that a failure says are not there. */
export const missingNames = (said: string): readonly string[] =>
  [
    ...new Set(
      MISSING.flatMap((pattern) =>
        [...said.slice(0, 100_000).matchAll(pattern)].map((found) => lastPart(found.groups?.['name'] ?? '')),
      ),
    ),
  ]
    .filter((name) => name !== '')
    .slice(0, MOST_MISSING)

/** Of a module's name its last part, without the ending of a file. */
const lastPart = (name: string): string =>
  /[/]/.test(name)
    ? name.replace(/^.*\//, '').replace(/\.\w+$/, '')
    : (name.split('.').findLast((part) => part !== '') ?? name)

/** What only the tests of the head bring to the base as unable to load, or the phase that compiles no more with them. */
export function absenceOf(base: VerificationReport, without: VerificationReport): Absence | undefined {
  const known = new Set(base.phases.flatMap(({ tests }) => tests.map(({ id }) => id)))
  const unloaded = without.phases
    .flatMap(({ tests }) => tests)
    .filter((test) => isLoadFailure(test) && !known.has(test.id))
  const phase = uncompiledPhase(base, without)
  const [first] = unloaded
  if (first === undefined) return phase
  const said = unloaded.map(({ message }) => message ?? '').join('\n')
  const reason = `${first.id} ${lastWords(first.message ?? '')}`.trim().slice(0, 300)
  return { reason, missing: [...new Set([...missingNames(said), ...(phase?.missing ?? [])])] }
}

/** Runners that know no stand-in name the file, or the module that could not be loaded. */
const isLoadFailure = (test: TestResult): boolean =>
  isStandIn(test) ||
  ((test.outcome === 'failed' || test.outcome === 'error') &&
    /ModuleNotFoundError|ImportError|SyntaxError|Cannot find module|has no exported member|does not provide an export/.test(
      test.message ?? '',
    ))

/** A phase that compiles or loads on the base commit and does not with the tests of the head. */
function uncompiledPhase(base: VerificationReport, without: VerificationReport): Absence | undefined {
  const failed = without.phases.find(({ id, outcome, diagnosis, tests }) => {
    const kind = diagnosis?.classification
    const loads = kind === 'compile_error' || (tests.length === 0 && (kind === 'crash' || kind === 'test_failure'))
    const known = base.phases.find((phase) => phase.id === id)
    return outcome === 'failed' && loads && known?.diagnosis?.classification !== kind
  })
  if (failed?.diagnosis === undefined) return undefined
  const [cause] = failed.diagnosis.root_causes
  const place = cause?.file === undefined ? '' : `${cause.file}${cause.line === undefined ? '' : `:${cause.line}`} `
  const reason = `${failed.id} (${failed.diagnosis.classification}) ${place}${cause?.message ?? ''}`
  return { reason: reason.trim().slice(0, 300), missing: missingNames(saidBy(failed)) }
}

/** All that a phase said when it failed. */
export const saidBy = ({ diagnosis }: PhaseReport): string =>
  diagnosis === undefined
    ? ''
    : [...diagnosis.root_causes.map(({ file, message }) => `${file ?? ''} ${message}`), diagnosis.excerpt].join('\n')

/** What a failure says in one line; Python says it last. */
export function lastWords(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '')
  const python = lines.some((line) => line.startsWith('Traceback'))
  return ((python ? lines.at(-1) : lines[0]) ?? '').trim().slice(0, 200)
}
