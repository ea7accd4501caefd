import { foldPath, parsePath } from '#domain/path'
import type { TaskScope } from '#domain/task'
import { globOf, readGlob, remembering } from './glob.ts'
import { PATH_CLASSES } from './path-classes.ts'
import type { Match } from './match.ts'

const CLASSES = PATH_CLASSES.map((entry) => ({
  ...entry,
  globs: entry.paths.map(readGlob),
  exempt: (entry.except ?? []).map(readGlob),
}))

/** The most specific class of a folded path. */
const classOf = remembering(
  (folded: string) =>
    CLASSES.find(
      ({ globs, exempt }) => globs.some((glob) => glob.covers(folded)) && !exempt.some((glob) => glob.covers(folded)),
    ) ?? null,
)

/** Which rules a change of one path matches; the last word is the caller's (`strictest`). Never empty. */
export function changeRules(path: string, scope: TaskScope): readonly Match[] {
  const parsed = parsePath(path)
  if (!parsed.ok) return [deny('platform', 'path.invalid', parsed.refusal.message)]
  const components = foldPath(parsed.value)
  if (components === undefined)
    return [deny('platform', 'path.ambiguous', `${JSON.stringify(path)} reads as another path on some systems`)]
  const folded = components.join('/')
  const protection = protectionOf(folded, path, scope)
  return [...(protection === undefined ? [] : [protection]), scopeRule(folded, path, scope)]
}

function protectionOf(folded: string, path: string, scope: TaskScope): Match | undefined {
  const found = classOf(folded)
  if (found === null) return undefined
  if (found.effect === 'ask' && isNamed(folded, scope))
    return { policy: 'task', rule: `${found.rule}_named`, effect: 'allow', why: `the task names ${path}` }
  if (found.effect === 'ask' && (scope.agreed_paths ?? []).includes(path))
    return { policy: 'task', rule: `${found.rule}_agreed`, effect: 'allow', why: `a person agreed to ${path}` }
  const instead =
    found.effect === 'ask'
      ? 'It is open only to a task whose allowed paths name the file itself; if the task needs it, say so with report_blocked.'
      : 'It is closed to every run; leave it as it is.'
  return {
    policy: 'platform',
    rule: found.rule,
    effect: found.effect,
    why: `${path} is protected: ${found.why}. ${instead}`,
  }
}

function scopeRule(folded: string, path: string, scope: TaskScope): Match {
  const forbidding = scope.forbidden_paths.find((glob) => globOf(glob).covers(folded))
  if (forbidding !== undefined)
    return deny('task', 'task.forbidden_path', `${path} is forbidden by the task (${forbidding})`)
  if ((scope.read_only_paths ?? []).some((glob) => globOf(glob).covers(folded)))
    return deny('platform', 'sandbox.read_only_path', `${path} is read-only in the run's sandbox profile`)
  if (!(scope.writable_paths ?? []).every((group) => group.some((glob) => globOf(glob).covers(folded))))
    return deny('platform', 'sandbox.not_writable', `${path} is not writable in the run's sandbox profile`)
  if (scope.writable_paths?.length === 0)
    return deny('platform', 'sandbox.not_writable', `the run's sandbox profile makes nothing writable`)
  if (scope.allowed_paths.length > 0 && !scope.allowed_paths.some((glob) => globOf(glob).covers(folded)))
    return deny('task', 'task.outside_scope', `${path} is outside the task's scope`)
  return { policy: 'task', rule: 'task.inside_scope', effect: 'allow', why: `${path} is inside the task's scope` }
}

/** True when an allowed path of the task names this very file. */
export const isNamed = (folded: string, scope: TaskScope): boolean =>
  scope.allowed_paths.some((glob) => globOf(glob).names(folded))

/** Reading is open, but what is asked for must be a path, and git's own folder is no part of the repository. */
export function readRules(path: string): readonly Match[] {
  const parsed = parsePath(path)
  if (!parsed.ok) return [deny('platform', 'path.invalid', parsed.refusal.message)]
  const folded = foldPath(parsed.value)
  if (folded === undefined || folded.some((part) => part === '.git' || /^git~\d$/.test(part)))
    return [deny('platform', 'protected.git', `${path} belongs to git; use git_status and git_diff`)]
  return [{ policy: 'platform', rule: 'read.repository', effect: 'allow', why: `${path} may be read` }]
}

/** What a run may change, in one sentence for whoever was refused. */
export function scopeSentence(scope: TaskScope): string {
  const allowed =
    scope.allowed_paths.length > 0
      ? `This task may change: ${shortList(scope.allowed_paths)}`
      : 'This task may change any file that is not protected'
  const forbidden = scope.forbidden_paths.length > 0 ? `, never: ${shortList(scope.forbidden_paths)}` : ''
  return `${allowed}${forbidden}.`
}

const shortList = (globs: readonly string[]): string =>
  globs.length > 12 ? `${globs.slice(0, 12).join(', ')} and ${globs.length - 12} more` : globs.join(', ')

const deny = (policy: Match['policy'], rule: string, why: string): Match => ({ policy, rule, effect: 'deny', why })
