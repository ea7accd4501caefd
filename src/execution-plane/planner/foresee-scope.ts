import type { Task } from '#domain/task'
import { closedBy, matcher } from './plan-paths.ts'
import type { LikelyFile, PlanGround } from './plan-ground.ts'

/** The files that are looked at; below them the ranker is right too seldom to warn by. */
const LOOKED_AT = 10
/** Fewer likely files than this say nothing about a scope as a whole. */
const ENOUGH = 3
/** The share of what is likely, the first file counting most, that lies outside before anybody is told. */
const WARNED_FROM = 0.5

/** Something that will stand in the way of a task, found before a token is spent on it. */
export interface ScopeFinding {
  readonly rule:
    | 'likely_outside_scope'
    | 'named_outside_scope'
    | 'nothing_in_scope'
    | 'likely_not_pushable'
    | 'named_not_pushable'
    | 'likely_unsure'
  /** `refusal`: the run does not begin. */
  readonly severity: 'refusal' | 'warning'
  /** Best first. */
  readonly paths: readonly string[]
  /** Of what is likely, by rank, from 0 to 1. */
  readonly share: number
  readonly message: string
  /** What a person can do. */
  readonly remedy: string
}

/**
 * Holds the files that a task is probably about against its contract. A ranker errs in one of ten, so what is merely
 * likely is a warning. A refusal needs a fact besides: a fix whose request names a file by its path where neither this
 * nor any likely file may be changed; a fix with no file at all in its scope; or a first file that is named, cannot be
 * pushed, and is the only one that is named. What is no fix may be about new files, or about other ones than it names.
 * Where the code could not be looked at as it should, that is said, and nothing that leans on the likely files refuses.
 */
export function foreseeScope(
  { likely, push_limits, unsure = [] }: Pick<PlanGround, 'likely' | 'push_limits' | 'unsure'>,
  task: ForeseenTask,
  paths: readonly string[],
): readonly ScopeFinding[] {
  const looked = likely.slice(0, LOOKED_AT)
  const closed = closedBy(task.scope)
  const unpushable = matcher(push_limits?.unpushable ?? [])
  const nothing = nothingInScope(task, paths.length > 0 && !paths.some((path) => closed(path) === undefined))
  if (nothing !== undefined) return [nothing]
  const outside = measured(looked, task, (path) => closed(path) !== undefined)
  const stuck = measured(looked, task, (path) => closed(path) === undefined && unpushable(path))
  const because = push_limits?.because ?? ''
  const found = [...outsideFindings(outside, task), ...(reachesForge(task) ? unpushableFindings(stuck, because) : [])]
  if (unsure.length === 0) return found
  return [...found.map((each) => ({ ...each, severity: 'warning' as const })), unsureFinding(unsure)]
}

/** Whether a run of this task pushes to a forge at all. */
export const reachesForge = ({ mode }: Pick<Task, 'mode'>): boolean =>
  !['analysis_only', 'dry_run_patch', 'local_branch'].includes(mode)

const unsureFinding = (unsure: readonly string[]): ScopeFinding => ({
  rule: 'likely_unsure',
  severity: 'warning',
  paths: [],
  share: 0,
  message: `The likely files may not be the right ones. ${unsure.join(' ')}`,
  remedy: 'Look for the files of the request yourself; the scope was held against a guess.',
})

type ForeseenTask = Pick<Task, 'title' | 'objective' | 'scope' | 'mode' | 'is_fix'>

interface Measured {
  readonly paths: readonly string[]
  readonly share: number
  /** Those of `paths` that the request names itself. */
  readonly named: readonly string[]
  /** True where it names another likely file as well. */
  readonly names_others: boolean
  /** True where the best file is among them. */
  readonly first: boolean
  /** How many likely files there are in all. */
  readonly of: number
}

function measured(likely: readonly LikelyFile[], task: ForeseenTask, hit: (path: string) => boolean): Measured {
  const weights = likely.map((_, at) => 1 / (at + 1))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const hits = likely.flatMap(({ path }, at) => (hit(path) ? [{ path, weight: weights[at] ?? 0 }] : []))
  const text = `${task.title}\n${task.objective}`
  return {
    paths: hits.map(({ path }) => path),
    share: total === 0 ? 0 : Math.round((hits.reduce((sum, { weight }) => sum + weight, 0) / total) * 1_000) / 1_000,
    named: hits.map(({ path }) => path).filter((path) => names(text, path)),
    names_others: likely.some(({ path }) => !hit(path) && names(text, path)),
    first: hits[0] !== undefined && hits[0].path === likely[0]?.path,
    of: likely.length,
  }
}

/** A path with a folder, whole: a mere file name may be another's as well. */
function names(text: string, path: string): boolean {
  if (!path.includes('/')) return false
  for (let at = text.indexOf(path); at >= 0; at = text.indexOf(path, at + 1)) {
    const before = text.charAt(at - 1)
    const after = text.slice(at + path.length, at + path.length + 2)
    if (!/[\w/.-]/.test(before) && !/^(?:[\w/-]|\.\w)/.test(after)) return true
  }
  return false
}

function outsideFindings({ paths, share, named, of }: Measured, task: ForeseenTask): readonly ScopeFinding[] {
  const { scope, is_fix } = task
  const all = of > 0 && paths.length === of
  const by = scope.allowed_paths.length > 0 ? `allowed_paths (${shown(scope.allowed_paths)})` : 'the forbidden paths'
  const remedy = `Add what is meant to allowed_paths or take it from forbidden_paths, or say in the task why ${shown(paths)} need not change.`
  if (all && is_fix && named.length > 0)
    return [
      {
        rule: 'named_outside_scope',
        severity: 'refusal',
        paths,
        share,
        message: `The request names ${shown(named)}, and no file that fits it may be changed under ${by}.`,
        remedy,
      },
    ]
  if (of < ENOUGH || share < WARNED_FROM) return []
  const which = all ? 'All likely files' : `Most of what is likely (${Math.round(share * 100)} %)`
  const message = `${which} lie outside what the task may change under ${by}: ${shown(paths)}.`
  return [{ rule: 'likely_outside_scope', severity: 'warning', paths, share, message, remedy }]
}

function unpushableFindings(
  { paths, share, named, names_others, first }: Measured,
  because: string,
): readonly ScopeFinding[] {
  const why = because === '' ? '' : ` (${because})`
  const remedy =
    'Give the forge a token that may push these paths, use the mode local_branch, or leave them out of the task.'
  if (paths.length === 0) return []
  if (first && named.length > 0 && !names_others) {
    const message = `The request names ${shown(named)}, which the forge's token may not push${why}.`
    return [{ rule: 'named_not_pushable', severity: 'refusal', paths, share, message, remedy }]
  }
  const message = `The forge's token may not push ${shown(paths)}, which may have to change${why}.`
  return [{ rule: 'likely_not_pushable', severity: 'warning', paths, share, message, remedy }]
}

function nothingInScope({ scope, is_fix }: ForeseenTask, none: boolean): ScopeFinding | undefined {
  const { allowed_paths } = scope
  if (allowed_paths.length === 0 || !none) return undefined
  return {
    rule: 'nothing_in_scope',
    severity: is_fix ? 'refusal' : 'warning',
    paths: [],
    share: 1,
    message: `No file of the repository lies in what the task may change (${shown(allowed_paths)}).`,
    remedy: 'Correct allowed_paths: they are globs from the root of the repository, such as src/billing/**.',
  }
}

/** A few of them in words; every one is visible whatever it is called. */
const shown = (paths: readonly string[]): string => {
  const first = paths.slice(0, 3).map((path) => (/^[\w./@*+{},()[\]-]+$/.test(path) ? path : JSON.stringify(path)))
  return paths.length > 3 ? `${first.join(', ')} and ${paths.length - 3} more` : first.join(', ')
}
