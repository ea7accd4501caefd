import { createHash } from 'node:crypto'
import type { EventDraft } from '#domain/event'
import type { CallContext } from './call-context.ts'
import { counted } from './excerpt.ts'
import type { ToolHost } from './tool-host.ts'
import type { ChangedFile } from './tool.ts'

const MAX_NAMED = 10
const MAX_EVENTS = 200

/** What a changing call left behind: the new tree, its events, and what its author should hear. */
export interface Settled {
  /** Id of the captured tree; absent where nothing changed. */
  readonly tree?: string
  readonly notes: readonly string[]
  readonly events: readonly EventDraft[]
}

/**
 * Captures the tree after an act that may have changed it. What a command changed outside the task's scope is named
 * now, as a warning: at the gate it would end the run.
 */
export async function settle(
  host: ToolHost,
  changed: readonly ChangedFile[] | 'unknown',
  context: CallContext,
): Promise<Settled> {
  if (changed !== 'unknown' && changed.length === 0) return { notes: [], events: [] }
  const before = host.tree()
  const { tree, refused } = await host.checkpoint()
  const files = changed === 'unknown' ? await filesBetween(host, before, tree) : changed
  const notes = [
    ...ignoredNote(changed, before, tree),
    ...(changed === 'unknown' ? outsideNote(files, context) : []),
    ...refused
      .slice(0, MAX_NAMED)
      .map(({ path, reason }) => `Warning: ${path} can't be part of the change: ${reason}.`),
  ]
  if (tree === before) return { notes, events: [], tree }
  const fileEvents = await Promise.all(files.slice(0, MAX_EVENTS).map((file) => fileChanged(file, context)))
  return { tree, notes, events: [...fileEvents, { event: 'tree_checkpointed', facts: { tree, files: files.length } }] }
}

async function filesBetween(host: ToolHost, before: string, tree: string): Promise<readonly ChangedFile[]> {
  if (before === tree) return []
  const { files } = await host.repository.diff(before, tree)
  return files.map(({ path, old_blob, new_blob }) => ({ path, before: old_blob, after: new_blob }))
}

async function fileChanged({ path, before, after }: ChangedFile, context: CallContext): Promise<EventDraft> {
  const decision = context.aboutPath(path)
  const diff_hash = createHash('sha256')
    .update(`${before ?? ''}:${after ?? ''}`)
    .digest('hex')
  const risk_tag = decision.answer === 'allow' ? 'in_scope' : 'out_of_scope'
  return {
    event: 'file_changed',
    facts: { path: await context.redact(path), diff_hash, risk_tag },
    actor_type: 'agent',
    actor: 'agent',
    resource_type: 'file',
  }
}

/** A file that was written and is in no tree is one that the repository ignores. */
function ignoredNote(changed: readonly ChangedFile[] | 'unknown', before: string, tree: string): readonly string[] {
  if (changed === 'unknown' || tree !== before || changed.every(({ before: old, after }) => old === after)) return []
  return ['Note: the repository ignores this path (.gitignore), so it will not be part of the change.']
}

function outsideNote(files: readonly ChangedFile[], context: CallContext): readonly string[] {
  const outside = files
    .map(({ path }) => ({ path, decision: context.aboutPath(path) }))
    .filter(({ decision }) => decision.answer !== 'allow')
  const [first] = outside
  if (first === undefined) return []
  const names = outside.slice(0, MAX_NAMED).map(({ path }) => path)
  const more = outside.length > MAX_NAMED ? ` and ${outside.length - MAX_NAMED} more` : ''
  return [
    `Warning: the command changed ${counted(outside.length, 'file')} that this run may not change: ${names.join(', ')}${more}. Put back what was there, or the run ends blocked. ${first.decision.explanation}`,
  ]
}
