import type { EventName } from '#domain/event'
import type { Json } from '#domain/json'
import { counted } from './figures.ts'
import { plainLine } from './plain-text.ts'
import type { Progress } from './progress-state.ts'

/** Facts of an event, read with care: a fact that is missing or of another type is undefined, and text is made safe. */
export interface Facts {
  text(name: string): string | undefined
  number(name: string): number | undefined
  /** A number, or the length of a list; 0 where there is neither. */
  count(name: string): number
}

/** Reads the facts of an event. */
export function readFacts(facts: { readonly [name: string]: Json }): Facts {
  const number = (name: string) => {
    const value = facts[name]
    return typeof value === 'number' ? value : undefined
  }
  return {
    text: (name) => {
      const value = facts[name]
      return typeof value === 'string' ? plainLine(value) : undefined
    },
    number,
    count: (name) => {
      const value = facts[name]
      return Array.isArray(value) ? value.length : (number(name) ?? 0)
    },
  }
}

/** Folds in what an event says about the state it happened in: a note for its line, or what happens now. */
export const noteOf = (before: Progress, event: EventName, facts: Facts): Progress => {
  const change = NOTES[event]?.(facts, before)
  if (change === undefined) return before
  return { ...before, ...change, notes: { ...before.notes, ...change.notes } }
}

type Note = (facts: Facts, before: Progress) => Partial<Progress>

const note = (subject: string, text: string): Partial<Progress> => ({ notes: { [subject]: text } })
const now = (text: string): Partial<Progress> => ({ now: text })

const NOTES: { readonly [event in EventName]?: Note } = {
  repository_cloned: (facts) =>
    note('commit', `${facts.text('ref') ?? ''} @ ${(facts.text('commit') ?? '').slice(0, 7)}${unseen(facts)}`.trim()),
  setup_executed: (facts) => note('setup', `dependencies ${facts.text('result') ?? 'set up'}`),
  sandbox_created: (facts) => now(`sandbox for ${facts.text('purpose') ?? 'work'}`),
  context_built: (facts) => note('context', `context of ${counted(facts.count('token_count'), 'token')}`),
  reproduction_recorded: (facts) => note('reproduction', (facts.text('status') ?? '').replaceAll('_', ' ')),
  plan_created: (facts) => note('plan', `plan of ${counted(facts.count('steps'), 'step')}`),
  plan_returned: () => now('the plan went back to its author'),
  verifier_executed: (facts) =>
    note('verification', `${facts.text('profile') ?? 'verification'} ${facts.text('outcome') ?? ''}`.trim()),
  gate_answered: gateNote,
  judge_executed: (facts) => note('judge', `judge: ${facts.text('verdict') ?? ''}`),
  branch_pushed: (facts) => note('branch', facts.text('branch') ?? ''),
  pr_opened: (facts) => note('pull_request', facts.text('pr_url') ?? ''),
  secret_redacted: (facts) => note('redacted', `${counted(facts.count('count'), 'secret')} redacted`),
  model_called: (facts, before) => {
    const cost = facts.number('cost_usd') ?? 0
    const text = facts.text('outcome') === 'failed' ? 'asks the model again' : 'the model answered'
    return { cost_usd: before.cost_usd + cost, total_usd: before.total_usd + cost, now: text }
  },
  tool_call_requested: (facts) => now(facts.text('tool') ?? 'a tool'),
  tool_call_refused: (facts) => now(`${facts.text('tool') ?? 'a tool'} refused: ${facts.text('rule') ?? 'policy'}`),
  tool_call_executed: (facts) => now(`${facts.text('tool') ?? 'a tool'} done; asks the model`),
  file_changed: (facts, before) => {
    const path = facts.text('path') ?? ''
    const files = before.files.includes(path) ? before.files : [...before.files, path]
    return { files, now: `changed ${path}`, notes: { files: `${counted(files.length, 'file')} changed` } }
  },
  test_run: (facts) => now(`ran ${facts.text('command') ?? 'the tests'}`),
  packet_sealed: () => now('evidence sealed'),
}

/** What the user's checkout has that a run does not see. */
function unseen(facts: Facts): string {
  const paths = facts.count('uncommitted')
  return paths === 0 ? '' : `, ${counted(paths, 'uncommitted path')} not seen`
}

function gateNote(facts: Facts): Partial<Progress> {
  const gate = (facts.text('gate') ?? 'gate').replaceAll('_', ' ')
  const answer = facts.text('answer')
  const stops = answer === 'fail' || answer === 'unavailable'
  return stops ? note(`gate ${gate}`, `${gate}: ${facts.text('reason') ?? answer}`) : now(`gate ${gate}: ${answer}`)
}
