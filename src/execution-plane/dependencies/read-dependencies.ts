import type { BoundaryCheck } from '#domain/gate'
import type { AdvisoryAnswer, DependencyTerms, PackageFacts } from '#ports'
import {
  compareDependencies,
  keyOf,
  type ChangeKind,
  type ComparedFile,
  type DependencyChange,
} from './compare-dependencies.ts'
import type { Dependency, ManifestContent } from './dependency.ts'
import { dependencyChecks } from './dependency-checks.ts'
import { dependencyFinding, stillAsked, type DependencyFinding } from './dependency-finding.ts'
import { judgeChanges } from './judge-changes.ts'
import { factLine, judgeAdvisories, judgeFacts, type LookedUp } from './judge-facts.ts'
import { isLookedUp, lookUp, subjectsOf, type Subject } from './look-up.ts'
import { isDependencyFile, readManifest } from './manifests/read-manifest.ts'

const MOST_OTHER_FILES = 60
const MOST_FINDINGS = 100

/** What is asked of the gate: a change's files with both contents, and what the rest of the repository uses. */
export interface DependencyQuestion {
  readonly files: readonly {
    readonly path: string
    readonly before: Uint8Array | undefined
    readonly after: Uint8Array | undefined
  }[]
  /** Every path of the proposed tree. */
  readonly paths: readonly string[]
  /** A file of the proposed tree. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>
  readonly is_dependency_task: boolean
  /** Absent: nothing can be looked up, and what would have to be is unavailable. */
  readonly facts?: PackageFacts
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly signal: AbortSignal
}

/** What a change does to the packages of a repository, what is known of them, and what it leads to. Plain JSON. */
export interface DependencyReading {
  readonly changes: readonly {
    readonly kind: ChangeKind
    readonly of: string
    readonly from: string
    readonly role: Dependency['role']
  }[]
  /** The worst first; bounded. */
  readonly findings: readonly DependencyFinding[]
  /** What a person must agree to before the change goes on, sorted; empty: nothing. */
  readonly asked: readonly string[]
  /** Rules behind `asked`, each once. */
  readonly asked_by: readonly string[]
  /** Facts of the registries, for whoever is asked. */
  readonly known: readonly string[]
  /** True where a registry or the advisories could not be asked. */
  readonly is_unavailable: boolean
  readonly checks: readonly BoundaryCheck[]
}

/** Compares what base and head depend on and looks up what is new. Undefined where no file says what is depended on. */
export async function readDependencies(question: DependencyQuestion): Promise<DependencyReading | undefined> {
  const wanted = question.files.filter(({ path }) => isDependencyFile(path))
  if (wanted.length === 0) return undefined
  const read = wanted.map(readBoth)
  const files = read.flatMap(({ file }) => file)
  const changes = compareDependencies(files)
  const used = [...files.flatMap(({ before }) => before.dependencies), ...(await usedElsewhere(question, wanted))]
  const terms: DependencyTerms = (await question.facts?.terms()) ?? {}
  const facts = await factsOf(question, changes, used)
  const findings = [
    ...read.flatMap(({ unreadable }) => unreadable),
    ...judgeChanges({ files, changes, used, terms }),
    ...facts.looked.flatMap((looked) => judgeFacts(looked, terms, question.now)),
    ...facts.advised,
  ]
  return readingOf({ question, files, changes, findings: unique(findings), ...facts })
}

interface Read {
  readonly file: readonly ComparedFile[]
  readonly unreadable: readonly DependencyFinding[]
}

const NOTHING: ManifestContent = { dependencies: [], registries: [] }

/** What was unreadable at the base already is compared with nothing: then all of it counts as new. */
function readBoth({ path, before, after }: DependencyQuestion['files'][number]): Read {
  const head = after === undefined ? NOTHING : readManifest(path, after)
  if (head === undefined) {
    const at = { tool: 'npm', name: path, wanted: '', path, line: 1 } as const
    const finding = dependencyFinding('dependency.unreadable', at, 'cannot be read, so what it asks for is not known')
    return { file: [], unreadable: [{ ...finding, message: finding.message.replace(/^npm /, ''), subject: path }] }
  }
  const base = before === undefined ? NOTHING : (readManifest(path, before) ?? NOTHING)
  return { file: [{ path, before: base, after: head }], unreadable: [] }
}

/** Names that files use which the change leaves as they are. */
async function usedElsewhere(
  { paths, read }: DependencyQuestion,
  changed: DependencyQuestion['files'],
): Promise<readonly Dependency[]> {
  const others = paths.filter((path) => isDependencyFile(path) && !changed.some((file) => file.path === path))
  const found: Dependency[] = []
  for (const path of others.slice(0, MOST_OTHER_FILES)) {
    const bytes = await read(path)
    const content = bytes === undefined ? undefined : readManifest(path, bytes)
    // One by one: a lockfile may have more entries than a call may have arguments.
    for (const dependency of content?.dependencies ?? []) found.push(dependency)
  }
  return found
}

interface Facts {
  readonly looked: readonly LookedUp[]
  readonly advisories: AdvisoryAnswer
  readonly advised: readonly DependencyFinding[]
  readonly subjects: readonly Subject[]
}

async function factsOf(
  { facts, signal }: DependencyQuestion,
  changes: readonly DependencyChange[],
  used: readonly Dependency[],
): Promise<Facts> {
  const names = new Set(used.map(keyOf))
  const isNew = ({ kind, of }: DependencyChange) => isLookedUp(kind) && !(kind === 'added' && names.has(keyOf(of)))
  const subjects = subjectsOf(changes)
  const asked = subjectsOf(changes.filter(isNew))
  if (facts === undefined) {
    const reason = 'no registry is configured'
    const looked = asked.map((subject) => ({ ...subject, answer: { answer: 'unavailable', reason } as const }))
    return { looked, advisories: { answer: 'none_configured' }, advised: [], subjects }
  }
  const looked = await lookUp(asked, facts, signal)
  const advisories: AdvisoryAnswer =
    subjects.length === 0
      ? { answer: 'known', read: 0, advisories: [] }
      : await facts.advisories(subjects.map(({ of }) => of))
  const [first] = subjects
  const advised =
    advisories.answer === 'unavailable' && first !== undefined
      ? [
          dependencyFinding(
            'dependency.unavailable',
            first.of,
            `could not be compared with advisories: ${advisories.reason}`,
          ),
        ]
      : subjects.flatMap(({ of, version }) => judgeAdvisories(of, version, advisories))
  return { looked, advisories, advised, subjects }
}

interface Parts extends Facts {
  readonly question: DependencyQuestion
  readonly files: readonly ComparedFile[]
  readonly changes: readonly DependencyChange[]
  readonly findings: readonly DependencyFinding[]
}

function readingOf(parts: Parts): DependencyReading {
  const { question, changes, findings, looked } = parts
  const asked = stillAsked(findings, question.is_dependency_task)
  const worst = [...findings].sort((one, other) => rank(one) - rank(other))
  return {
    changes: changes.slice(0, MOST_FINDINGS).map(({ kind, of, before }) => ({
      kind,
      of: `${of.tool} ${of.name} ${of.wanted}`.trim().slice(0, 200),
      from: before?.wanted ?? '',
      role: of.role,
    })),
    findings: worst.slice(0, MOST_FINDINGS),
    asked: [
      ...new Set(
        asked.map(({ subject, rule }) => `${subject}: ${rule.replace('dependency.', '').replaceAll('_', ' ')}`),
      ),
    ]
      .sort()
      .slice(0, MOST_FINDINGS),
    asked_by: [...new Set(asked.map(({ rule }) => rule))],
    known: looked
      .filter(({ answer }) => answer.answer === 'known')
      .slice(0, 20)
      .map(factLine),
    is_unavailable: findings.some(({ rule }) => rule === 'dependency.unavailable'),
    checks: dependencyChecks(parts),
  }
}

const rank = ({ leads_to }: DependencyFinding): number => ['deny', 'ask', 'note'].indexOf(leads_to)

/** A manifest and its lockfile say the same of a package; it is told once, where people write it. */
function unique(findings: readonly DependencyFinding[]): readonly DependencyFinding[] {
  const seen = new Map<string, DependencyFinding>()
  for (const finding of findings) {
    const key = `${finding.rule} ${finding.subject}`
    if (!seen.has(key)) seen.set(key, finding)
  }
  return [...seen.values()]
}
