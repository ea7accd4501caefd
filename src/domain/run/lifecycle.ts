/**
 * The truth about runs. Types, the SQL check, the diagram, the reference page and the reachability test are made from
 * this table. An arrow is an allowed move; its guard (guards.ts) says what must be on record before it is taken.
 *
 * - `waiting` states hold no lease and no worker acts on them; `active` ones hold exactly one lease; `end` ones are final.
 * - Every active state may return to the queue (its lease expired or was given back); the queue remembers where to go on.
 */
export const RUN_LIFECYCLE = {
  queued: { kind: 'waiting', to: ['leased', 'cancelled'] },
  leased: {
    kind: 'active',
    to: [
      'preparing',
      'reproducing',
      'planning',
      'editing',
      'verifying',
      'repairing',
      'judging',
      'pr_preparing',
      'pr_created',
    ],
  },
  preparing: { kind: 'active', to: ['reproducing', 'planning'] },
  reproducing: { kind: 'active', to: ['planning'] },
  planning: { kind: 'active', to: ['editing', 'completed'] },
  editing: { kind: 'active', to: ['verifying'] },
  verifying: { kind: 'active', to: ['repairing', 'judging'] },
  repairing: { kind: 'active', to: ['verifying'] },
  judging: { kind: 'active', to: ['repairing', 'pr_preparing', 'completed'] },
  pr_preparing: { kind: 'active', to: ['pr_created'] },
  pr_created: { kind: 'active', to: ['completed'] },
  awaiting_approval: { kind: 'waiting', to: ['queued', 'cancelled', 'blocked_policy', 'needs_human'] },
  paused: { kind: 'waiting', to: ['queued', 'cancelled'] },
  completed: { kind: 'end', to: [] },
  blocked_policy: { kind: 'end', to: [] },
  needs_human: { kind: 'end', to: [] },
  failed: { kind: 'end', to: [] },
  cancelled: { kind: 'end', to: [] },
} as const satisfies Readonly<Record<string, { kind: StateKind; to: readonly string[] }>>

export type StateKind = 'waiting' | 'active' | 'end'
export type RunState = keyof typeof RUN_LIFECYCLE

type StateOf<Kind extends StateKind> = {
  [State in RunState]: (typeof RUN_LIFECYCLE)[State]['kind'] extends Kind ? State : never
}[RunState]

/** States in which a worker holds the run. */
export type ActiveState = StateOf<'active'>
/** Active states a run can come back to; `leased` itself is only passed through. */
export type WorkState = Exclude<ActiveState, 'leased'>
/** States nothing leaves. */
export type EndState = StateOf<'end'>

export const RUN_STATES = Object.keys(RUN_LIFECYCLE) as readonly RunState[]

/** What any active state may become besides its own arrows. */
export const FROM_ANY_ACTIVE = [
  'queued',
  'paused',
  'awaiting_approval',
  'blocked_policy',
  'needs_human',
  'failed',
  'cancelled',
] as const satisfies readonly RunState[]

/** Every state that may directly follow. */
export function successors(state: RunState): readonly RunState[] {
  const own: readonly RunState[] = RUN_LIFECYCLE[state].to
  return RUN_LIFECYCLE[state].kind === 'active' ? [...own, ...FROM_ANY_ACTIVE] : own
}

/** True when the state is final. */
export const isEnd = (state: RunState): state is EndState => RUN_LIFECYCLE[state].kind === 'end'

/** True when a worker holds a run in this state. */
export const isActive = (state: RunState): state is ActiveState => RUN_LIFECYCLE[state].kind === 'active'
