import type { BoundaryCheck, Finding, GateName, NotRead, Verdict } from '#domain/gate'
import { isDependencyFile, type DependencyReading } from '#execution-plane/dependencies'
import type { ReadChange } from '../change-check.ts'
import { answerOf } from '../named-checks.ts'
import { compareApi, type ApiComparison } from './public-api.ts'
import { readConstraints, type Kept, type ReadConstraint } from './read-constraints.ts'
import { isConfiguration, isSchema, schemaFindings } from './schema-changes.ts'

const MOST_FINDINGS = 20

/** What "leave this as it is" comes to, for the gates it belongs to. */
export interface CheckedConstraints {
  /** The verdict of a gate with what constraints add to it. */
  readonly verdictWith: (verdict: Verdict) => Verdict
  readonly checks: readonly BoundaryCheck[]
  readonly attention: readonly string[]
}

/** What of one kind a change touches. */
interface Touched {
  readonly kept: Kept
  readonly gate: GateName
  /** What changed, each a warning by itself; `is_new` where it only adds. */
  readonly findings: readonly (Finding & { readonly is_new?: boolean })[]
  /** Files that changed; where nothing better is known they are what a constraint speaks of. */
  readonly paths: readonly string[]
  readonly looked_at: number
  readonly said: string
  /** What could not be compared; a constraint over it is a person's to decide. */
  readonly not_read?: readonly NotRead[]
}

/**
 * Compares a change with the constraints of its task: an exported declaration, schema, dependency or setting that a
 * constraint closes is an error; one whose words leave room is a person's to look at. What breaks callers is named in
 * any case.
 */
export async function checkConstraints(
  read: ReadChange,
  dependencies: DependencyReading | undefined,
): Promise<CheckedConstraints> {
  const constraints = readConstraints(read.task.constraints ?? [])
  const paths = read.change.files.map(({ path }) => path)
  const isApiKept = constraints.some(({ kept }) => kept === 'public_api')
  const touched = [
    apiTouched(isApiKept ? await compareApi(read.files, Number.POSITIVE_INFINITY) : await compareApi(read.files)),
    schemaTouched(read, paths),
    dependenciesTouched(dependencies, paths),
    configurationTouched(paths),
  ]
  const judged = touched.map((each) =>
    judge(
      each,
      constraints.filter(({ kept }) => kept === each.kept),
    ),
  )
  const all = judged.flatMap(({ gate, findings }) => findings.map((finding) => ({ gate, finding })))
  return {
    verdictWith: (verdict) =>
      withFindings(
        verdict,
        all.filter(({ gate }) => gate === verdict.gate).map(({ finding }) => finding),
      ),
    checks: judged.map(({ check }) => check),
    attention: judged.flatMap(({ attention }) => attention),
  }
}

function apiTouched({ compared, added, not_read, findings }: ApiComparison): Touched {
  const changed = findings.length === 0 ? 'none changed' : `${findings.length} removed or changed`
  const left = not_read.length === 0 ? '' : `; not read: ${leftOut(not_read)}`
  const paths = [...new Set(findings.flatMap(({ path }) => path ?? []))]
  return {
    kept: 'public_api',
    gate: 'boundary',
    findings,
    paths,
    looked_at: compared,
    said: `${compared} exported declarations compared, ${changed}, ${added} added${left}`,
    not_read,
  }
}

const WHY_NOT: Readonly<Record<NotRead['reason'], string>> = {
  over_the_limit: 'over the limit without a constraint',
  no_reader: 'of a language that has no reader',
  no_tree: 'too large or too slow to parse',
}

/** How many for which reason, and the first of each. */
const leftOut = (not_read: readonly NotRead[]): string =>
  (Object.keys(WHY_NOT) as NotRead['reason'][])
    .flatMap((reason) => {
      const [first, ...more] = not_read.filter((each) => each.reason === reason)
      return first === undefined
        ? []
        : [`${more.length + 1} ${WHY_NOT[reason]} (${first.path}${more.length === 0 ? '' : ', …'})`]
    })
    .join('; ')

function schemaTouched({ files }: ReadChange, all: readonly string[]): Touched {
  const paths = all.filter(isSchema)
  const findings = schemaFindings(files)
  return {
    kept: 'schema',
    gate: 'boundary',
    findings,
    paths,
    looked_at: paths.length,
    said: `${paths.length} schemas and migrations changed, ${findings.length} in a way that may break readers`,
  }
}

function dependenciesTouched(reading: DependencyReading | undefined, all: readonly string[]): Touched {
  const changes = (reading?.changes ?? []).filter(({ role }) => role === 'direct')
  const findings = changes.map(({ kind, of, from }) => ({
    rule: 'constraint.dependencies',
    message: `${of} is ${kind.replace('_', ' ')}${from === '' ? '' : ` (it was ${from})`}`,
    severity: 'warning' as const,
    is_new: kind === 'added',
  }))
  const paths = all.filter(isDependencyFile)
  return {
    kept: 'dependencies',
    gate: 'dependencies',
    findings,
    paths,
    looked_at: paths.length,
    said: `${paths.length} manifests and lockfiles changed, ${findings.length} direct dependencies with them`,
  }
}

function configurationTouched(all: readonly string[]): Touched {
  const paths = all.filter(isConfiguration)
  return {
    kept: 'configuration',
    gate: 'boundary',
    findings: [],
    paths,
    looked_at: paths.length,
    said: `${paths.length} files of settings changed`,
  }
}

interface Judged {
  readonly gate: GateName
  readonly findings: readonly Finding[]
  readonly check: BoundaryCheck
  readonly attention: readonly string[]
}

/** Kinds whose findings are told of without a constraint too, as somebody may rely on what was taken away. */
const TOLD_ANYWAY: readonly Kept[] = ['public_api', 'schema']

function judge(touched: Touched, constraints: readonly ReadConstraint[]): Judged {
  const { kept, gate, looked_at, said, not_read = [] } = touched
  const clear = constraints.filter(({ is_clear }) => is_clear)
  const unclear = constraints.filter(({ is_clear }) => !is_clear)
  const broken = clear.flatMap((constraint) => brokenBy(touched, constraint))
  const told = TOLD_ANYWAY.includes(kept) && broken.length === 0 ? touched.findings.map(plain) : []
  const is_touched = touched.findings.length > 0 || touched.paths.length > 0
  const unsure = not_read.length > 0 ? constraints : is_touched ? unclear : []
  const attention = unsure.map(
    ({ text }) => `the task says "${text.slice(0, 200)}"; ${said}: decide whether that is meant`,
  )
  const open = attention.map((what): Finding => ({ rule: 'constraint.unclear', message: what, severity: 'warning' }))
  const findings = [...broken, ...told, ...open]
  const asked = constraints.length === 0 && !TOLD_ANYWAY.includes(kept)
  const check = {
    check: kept === 'dependencies' ? 'dependency_constraints' : kept,
    gate,
    answer: asked ? ('not_asked' as const) : answerOf(findings),
    looked_at,
    said: constraints.length === 0 ? `${said}; no constraint speaks of it` : said,
    findings: findings.slice(0, MOST_FINDINGS),
    found: findings.length,
    ...(not_read.length > 0 && { not_read }),
  }
  return { gate, findings, check, attention }
}

const plain = ({ rule, message, severity, path, line }: Finding): Finding => ({
  rule,
  message,
  severity,
  ...(path !== undefined && { path }),
  ...(line !== undefined && { line }),
})

/** Everything a clear constraint forbids is an error that quotes it. */
function brokenBy({ kept, findings, paths }: Touched, { text, only_new }: ReadConstraint): readonly Finding[] {
  const rule = `constraint.${kept}`
  const why = `the task says "${text.slice(0, 160)}"; take this out, or have the task changed`
  const counted = only_new && kept === 'dependencies' ? findings.filter(({ is_new }) => is_new === true) : findings
  const files: readonly Finding[] =
    kept === 'public_api' || (kept === 'dependencies' && only_new)
      ? []
      : paths
          .filter((path) => !counted.some((finding) => finding.path === path))
          .map((path) => ({ rule, path, message: `${path} is changed; ${why}`, severity: 'error' }))
  return [
    ...counted.map(
      (finding): Finding => ({ ...plain(finding), rule, message: `${finding.message}; ${why}`, severity: 'error' }),
    ),
    ...files,
  ]
}

/** A verdict with further findings; an error among them makes it fail, whatever it was. */
function withFindings(verdict: Verdict, findings: readonly Finding[]): Verdict {
  if (findings.length === 0) return verdict
  const errors = findings.filter(({ severity }) => severity === 'error')
  const joined = [...errors, ...verdict.findings, ...findings.filter((finding) => !errors.includes(finding))].slice(
    0,
    100,
  )
  if (errors.length === 0) return { ...verdict, findings: joined }
  const rules = [...new Set(errors.map(({ rule }) => rule))].join(', ')
  const before = verdict.answer === 'fail' ? `${verdict.reason}; ` : ''
  return {
    ...verdict,
    answer: 'fail',
    decided_by: 'deterministic',
    reason: `${before}constraints of the task are broken: ${rules}`,
    findings: joined,
  }
}
