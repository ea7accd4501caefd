import type { BoundaryCheck, Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import {
  dependencyVerdict,
  isDependencyFile,
  readDependencies,
  type DependencyReading,
} from '#execution-plane/dependencies'
import type { LockfileProblem } from '#execution-plane/lockfiles'
import { isDependencyTask } from '#execution-plane/patch'
import { agreedTo, waitForAct } from './approval-gate-acts.ts'
import { decidePolicy } from './ask-policy.ts'
import { need, type Ending, type Execution } from './execution.ts'
import { underPolicy } from './under-policy.ts'

/** What the gate found, or why the run waits for a person first. */
type Dependencies =
  | { readonly ending: Ending }
  | { readonly reading: DependencyReading | undefined; readonly verdict: Verdict }

const MOST_SUBJECTS = 50

/**
 * Reads what the change does to dependencies as a step of its own, so that a resumed run judges by the facts of its first
 * look. What a person must agree to is policy's question `dependency.add`; the yes is bound to exactly these packages, so
 * it holds for later rounds that add the same.
 */
export async function dependencyGate(execution: Execution, round: number): Promise<Dependencies> {
  const reading = await readingOf(execution, round)
  const verdict = dependencyVerdict(reading)
  if (reading === undefined || reading.asked.length === 0) return { reading, verdict }
  // What is refused is refused: nobody is asked about the rest of it.
  if (reading.findings.some(({ leads_to }) => leads_to === 'deny')) return { reading, verdict }
  const facts = {
    packages: [...reading.asked],
    dependency_task: isDependencyTask(execution.task),
    asked_by: [...reading.asked_by],
  }
  const decided = await decidePolicy(execution, {
    action: 'dependency.add',
    state: 'verifying',
    facts,
    key: `policy:dependency.add:${round}`,
  })
  if (decided.answer === 'deny')
    return { reading, verdict: { ...verdict, answer: 'fail', reason: decided.explanation } }
  const subject = reading.asked.slice(0, MOST_SUBJECTS)
  const known = reading.known.length === 0 ? '' : ` The registries say: ${reading.known.slice(0, 8).join('; ')}.`
  const act = { action: 'dependency.add', subject, reason: `${decided.explanation}${known}` }
  const approval = await agreedTo(execution, { ...act, key: `dependency.add:${subject.join('|')}` })
  if (approval === undefined) return { ending: await waitForAct(execution, act) }
  return { reading, verdict: dependencyVerdict(reading, { approval }) }
}

async function readingOf(execution: Execution, round: number): Promise<DependencyReading | undefined> {
  const { parts, journal, signal } = execution
  const repository = need(execution, 'repository')
  const { base_tree, head_tree, files } = need(execution, 'change')
  const wanted = files.filter(({ path }) => isDependencyFile(path))
  if (wanted.length === 0) return undefined
  const key = underPolicy(execution, `gate:dependencies:${round}`)
  const value = await journal.perform({ key, kind: 'gate', request: { tree: head_tree } }, async () => {
    const side = (tree: string, path: string, mode: string | null) =>
      mode?.startsWith('100') === true ? repository.readFile(tree, path) : undefined
    const both = wanted.map(async ({ path, old_mode, new_mode }) => ({
      path,
      before: await side(base_tree, path, old_mode),
      after: await side(head_tree, path, new_mode),
    }))
    const reading = await readDependencies({
      files: await Promise.all(both),
      paths: (await repository.listFiles(head_tree)).map(({ path }) => path),
      read: (path) => repository.readFile(head_tree, path),
      is_dependency_task: isDependencyTask(execution.task),
      ...(parts.package_facts !== undefined && { facts: parts.package_facts }),
      now: parts.clock.now(),
      signal,
    })
    return { value: { reading: reading ?? null } as unknown as Json }
  })
  // On record under this key is the reading that was put there.
  return (value as unknown as { readonly reading: DependencyReading | null }).reading ?? undefined
}

/** The check of lockfiles with what was found in them, for the report. */
export function withLockfileProblems(
  checks: readonly BoundaryCheck[],
  problems: readonly LockfileProblem[],
): readonly BoundaryCheck[] {
  if (problems.length === 0) return checks
  const findings = problems.slice(0, 20).map(({ rule, path, line, message, remedy }) => ({
    rule,
    path,
    line,
    message: `${message}. ${remedy}`,
    severity: 'error' as const,
  }))
  return checks.map((check) =>
    check.check === 'lockfile_integrity' ? { ...check, answer: 'violated', findings, found: problems.length } : check,
  )
}
