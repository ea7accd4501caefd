import type { ChangedDecision, PolicyReplay, RecordedDecision } from '#ports'
import type { Json, JsonObject } from '#domain/json'
import { RUN_STATES } from '#domain/run'
import { agreedTo, below } from '../create-policy.ts'
import type { CompiledLevel } from '../levels/compile-level.ts'
import { policyFor } from '../levels/compile-policy.ts'
import { strictest, type Match } from '../match.ts'

/** Levels that a bundle holds: their answers are asked anew, and everything else in the record stands as it was. */
const OF_BUNDLE = /^(?:installation|organisation|team|campaign)(?:\/.*)?$/

/** Asks other levels about the decisions on record; the acts themselves are not done again. */
export function replayDecisions(recorded: readonly RecordedDecision[], levels: readonly CompiledLevel[]): PolicyReplay {
  const changed: ChangedDecision[] = []
  let left_out = 0
  for (const record of recorded) {
    const matches = matchesNow(record, levels)
    if (matches === undefined) left_out++
    else if (strictest(matches) !== record.decision.answer) changed.push(changedOf(record, matches))
  }
  return { asked: recorded.length - left_out, changed, left_out }
}

function matchesNow(
  { decision, task }: RecordedDecision,
  levels: readonly CompiledLevel[],
): readonly Match[] | undefined {
  const kept = decision.matched_rules
    .filter(({ policy }) => !OF_BUNDLE.test(policy))
    .map((match) => ({ ...match, why: '' }))
  const { requested, action, run_id, args_hash } = decision
  const state = RUN_STATES.find((known) => known === requested['state'])
  if (kept.length === 0 || state === undefined || kept.some(({ rule }) => rule === 'policy.closed')) return undefined
  const facts = isObject(requested['facts']) ? requested['facts'] : { mode: task.mode }
  const question = {
    action,
    run_id,
    state,
    paths: textsIn(requested['paths']),
    argv: textsIn(requested['argv']),
    // What people agreed to in the run is no part of its task.
    scope: { ...task.scope, agreed_paths: textsIn(requested['agreed_paths']) },
    args_hash,
    facts,
    ...(typeof requested['agreed'] === 'string' && { agreed: requested['agreed'] }),
  }
  const now = below(question, { policy: policyFor(levels, task.repository), subject: task })
  return agreedTo([...kept, ...now], question)
}

function changedOf({ decision, created_at }: RecordedDecision, matches: readonly Match[]): ChangedDecision {
  const becomes = strictest(matches)
  const speaking = becomes === 'allow' ? decision.matched_rules : matches
  const effect = becomes === 'allow' ? decision.answer : becomes
  const { requested, decision_id, run_id, action, answer } = decision
  return {
    decision_id,
    run_id,
    created_at,
    action,
    subject: [...textsIn(requested['paths']), ...textsIn(requested['argv'])].join(' ').slice(0, 200),
    was: answer,
    becomes,
    because: speaking.filter((match) => match.effect === effect).map(({ policy, rule }) => `${policy}: ${rule}`),
  }
}

const textsIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
