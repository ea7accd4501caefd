import { createHash } from 'node:crypto'
import { GanderError } from '#domain/failure'
import type { Agent, AgentOutcome, AgentSession } from '#ports'
import { platformPlan } from '../platform-plan.ts'
import type { TurnEnding } from './ending-of-turn.ts'
import type { GuestParts } from './guest-parts.ts'
import { guestPrompt } from './guest-prompt.ts'
import { takeTurn } from './guest-turn.ts'

/**
 * Lets a foreign coding agent work in the run's sandbox. The platform makes the plan and hands it in like any other; each
 * start of the guest is one step with the tree it left. A turn that ran out of budget, or whose model was away, stays on
 * record and is followed by another one when the run goes on: the guest then finds the tree as it left it.
 */
export function createGuestAgent(parts: GuestParts): Agent {
  let phases = 0
  let context = ''
  return {
    async work(session) {
      const ordinal = phases
      phases += 1
      if (session.phase !== 'planning') return turns(parts, session, { ordinal, prompt: guestPrompt(session, context) })
      context = session.opening
      return plan(parts, session, ordinal)
    },
  }
}

async function plan({ found }: GuestParts, session: AgentSession, ordinal: number): Promise<AgentOutcome> {
  const { task, tools, phase } = session
  const made = platformPlan(task, [`${found.id} finds its own way; nothing it says is evidence.`], {
    objective: `Have ${found.id} do the task: ${task.title}`.slice(0, 500),
    steps: [
      {
        id: 'S1',
        action: `change the code with ${found.id} ${found.version} in the sandbox`,
        target: 'the files this task needs, inside the scope of the task',
        expected_evidence: 'a change whose tests pass in a clean sandbox',
      },
    ],
    risk: 'medium',
  })
  const request = {
    id: `call_${ordinal}_0`,
    name: 'submit_plan',
    arguments: { ...made, steps: made.steps.map((step) => ({ ...step })) },
  }
  const { answer, control } = await tools.call(request, { phase, key: `tool:${ordinal}:0:0` })
  if (control?.kind === 'plan_accepted')
    return { kind: 'planned', plan: control.plan, plan_sha256: control.plan_sha256 }
  return {
    kind: 'blocked',
    reason: `The plan made for the guest was not accepted: ${answer.text}`,
    needs: 'a task whose scope allows a change',
  }
}

const PASSING: ReadonlySet<TurnEnding['status']> = new Set(['exhausted', 'model_failed', 'needs_leave'])

interface Work {
  readonly ordinal: number
  readonly prompt: string
}

async function turns(parts: GuestParts, session: AgentSession, work: Work): Promise<AgentOutcome> {
  for (let part = 0; ; part++) {
    const key = `guest:${work.ordinal}:${part}`
    const isOld = session.journal.recorded(key)
    const ending = await oneTurn(parts, session, { ...work, key })
    // What stopped an earlier turn was put right by whoever let the run go on.
    if (isOld && PASSING.has(ending.status)) continue
    return outcomeOf(ending)
  }
}

async function oneTurn(
  parts: GuestParts,
  session: AgentSession,
  { key, prompt }: Work & { readonly key: string },
): Promise<TurnEnding> {
  session.signal.throwIfAborted()
  const request = {
    guest: parts.found.id,
    phase: session.phase,
    model: `${parts.model.provider}:${parts.model.model}`,
    prompt_sha256: createHash('sha256').update(prompt).digest('hex'),
  }
  const value = await session.journal.perform({ key, kind: 'guest', request }, ({ n }) =>
    takeTurn(parts, {
      session,
      prompt,
      key_prefix: `${session.run_id}/${n}/${parts.fence}`,
      name: `${key.replaceAll(':', '-')}.jsonl`,
    }),
  )
  // What is on record under this key is what `takeTurn` put there.
  return value as unknown as TurnEnding
}

function outcomeOf(ending: TurnEnding): AgentOutcome {
  switch (ending.status) {
    case 'finished':
      return { kind: 'finished', summary: ending.summary }
    case 'exhausted':
      return { kind: 'exhausted', verdict: ending.verdict }
    case 'needs_leave':
      return { kind: 'needs_leave', wanted: ending.wanted }
    case 'model_failed':
      return { kind: 'model_failed', failure: ending.failure, message: ending.message }
    case 'failed':
      return { kind: 'guest_failed', message: ending.message }
    default:
      throw new GanderError('internal', `a guest's turn is on record with the ending ${JSON.stringify(ending)}`)
  }
}
