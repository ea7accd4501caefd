import { z } from 'zod'
import type { Attempt } from '#domain/memory'
import type { VerificationReport } from '#domain/verification'
import type { StepRecord } from '#ports'

/** A step's value as its journal wraps it; what another version wrote otherwise is passed over. */
const recorded = z.object({ value: z.unknown() })
const answered = z.object({
  answer: z.object({
    status: z.literal('answered'),
    tool_requests: z.array(z.object({ name: z.string(), arguments: z.unknown() })),
  }),
})
const settled = z.object({ outcome: z.literal('passed') })
const command = z.object({ argv: z.array(z.string()) })
const ended = z.object({ answer: z.object({ is_error: z.literal(false), text: z.string() }) })

/**
 * What a run verified of its own trees and which commands left another tree behind, in order, from its steps on record.
 * Trees that the platform made to try the tests themselves, and repetitions of one tree, are no attempts at the task.
 */
export function whatWasTried(steps: readonly StepRecord[]): readonly Attempt[] {
  const outcomes = new Map(steps.map((step) => [step.key, valueOf(step)]))
  // What failed and passed on one tree is chance, and teaches nothing.
  const chance = steps.flatMap(({ key }) => (passedAgain(key, outcomes) ? (key.split(':')[1] ?? []) : []))
  const own = new Set(steps.flatMap((step) => step.tree ?? []).filter((each) => !chance.includes(each)))
  let tree: string | null = null
  return steps.flatMap((step): readonly Attempt[] => {
    const before = tree
    tree = step.tree ?? tree
    if (step.kind === 'verification' && isOwn(step, own)) return verified(outcomes.get(step.key))
    if (step.tree === null || step.tree === before) return []
    return commanded(step, outcomes)
  })
}

/** The first look at a tree that the agent left; the base commit is none of them. */
const isOwn = ({ key }: StepRecord, own: ReadonlySet<string>): boolean =>
  key.startsWith('verify:') && own.has(key.slice('verify:'.length))

const passedAgain = (key: string, outcomes: ReadonlyMap<string, unknown>): boolean =>
  /^verify:[^:]+:again/.test(key) && settled.safeParse(outcomes.get(key)).success

const valueOf = ({ outcome }: StepRecord): unknown => recorded.safeParse(outcome).data?.value

/** Written by the worker itself, as `verify` reads it back. */
const verified = (value: unknown): readonly Attempt[] =>
  value === undefined ? [] : [{ kind: 'verified', report: value as VerificationReport }]

/** The call of a native agent stands in the model's answer of its turn. */
function commanded({ key }: StepRecord, outcomes: ReadonlyMap<string, unknown>): readonly Attempt[] {
  const [, phase, turn, at] = /^tool:(\d+):(\d+):(\d+)$/.exec(key) ?? []
  const attempts = [...outcomes.keys()].filter((each) => each.startsWith(`model:${phase}:${turn}:`))
  const answer = attempts
    .map((each) => answered.safeParse(outcomes.get(each)).data)
    .findLast((each) => each !== undefined)
  const request = answer?.answer.tool_requests[Number(at)]
  const { data } = command.safeParse(request?.arguments)
  const done = ended.safeParse(outcomes.get(key)).data
  if (request?.name !== 'shell_exec' || data === undefined || done === undefined) return []
  return done.answer.text.startsWith('exit code 0 ') ? [{ kind: 'commanded', argv: data.argv }] : []
}
