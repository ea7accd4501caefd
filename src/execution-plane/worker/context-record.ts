import { createHmac } from 'node:crypto'
import type { ContextItem } from '#domain/context'
import type { LedgerEvent } from '#domain/event'
import type { Sign } from '#execution-plane/context'
import { need, type Execution } from './execution.ts'

/**
 * Signs what every run of a tenant on one repository is shown alike, so that these runs share their prefix. The commit
 * is no part of it: a key is bound to the text it stands around, and a text that stayed the same keeps its key.
 */
export function sharedSign(execution: Execution): { readonly shared_sign?: Sign } {
  const { parts, run } = execution
  if (parts.prefix_secret === undefined) return {}
  const { repository } = need(execution, 'repository').source
  const secret = createHmac('sha256', parts.prefix_secret).update(`${run.tenant_id}\n${repository}`).digest()
  return { shared_sign: (text) => createHmac('sha256', secret).update(text).digest('hex') }
}

/** What in the items reads like orders or hides something, for people who review the run; absent where nothing does. */
export function flagged(items: readonly ContextItem[]): { readonly flagged?: readonly FlaggedItem[] } {
  const found = items
    .filter(({ flags }) => flags.length > 0)
    .map(({ id, type, path, flags }) => ({
      id,
      type,
      path,
      rules: flags.map(({ rule, lines }) => `${rule}@${lines.join(',')}`),
    }))
  return found.length === 0 ? {} : { flagged: found }
}

type FlaggedItem = {
  readonly id: string
  readonly type: string
  readonly path: string | null
  readonly rules: readonly string[]
}

/** The same for people, a sentence each, from what is on record. */
export function contextFlags(events: readonly LedgerEvent[]): { readonly context_flags?: readonly string[] } {
  const built = events.findLast(({ event }) => event === 'context_built')
  // Written by `flagged` alone.
  const items = (built?.facts['flagged'] ?? []) as readonly FlaggedItem[]
  if (items.length === 0) return {}
  const lines = items.map(
    ({ type, path, rules }) =>
      `What the model was shown as ${type.replaceAll('_', ' ')}${path === null ? '' : ` ${path}`} holds text that reads like orders or hides something (${rules.join('; ')}).`,
  )
  return { context_flags: lines }
}
