import type { PolicyDecision, StepJournal, ToolCallResult, WantedLeave } from '#ports'
import type { AskAgreement } from './tool-host.ts'
import { hashOf, nameShown, weigh, weighAgreed, type Call, type Desk, type Weighed } from './weigh.ts'

const MOST_WORDS = 600

/** A call that policy lets a person decide. */
interface AskedCall {
  readonly call: Call
  /** The answer of now as it is stored. */
  readonly decision: PolicyDecision
  readonly paths: readonly string[]
  readonly argv: readonly string[]
  /** The tree that the act would start from; absent binds the answer to none. */
  readonly tree?: string
}

/** Who can be asked about calls of one run. */
interface AskingHost {
  readonly journal: StepJournal
  readonly agreement?: AskAgreement
}

/** What a person would agree to: the paths, else the words of the command, else the call by its arguments' hash. */
function wantedOf({ call, decision, paths, argv, tree }: AskedCall): WantedLeave {
  const { action, explanation } = decision
  const hash = hashOf(call.request.arguments)
  const words = argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ')
  const line = words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}… (sha256 ${hash})` : words
  const subject =
    paths.length > 0
      ? [...new Set(paths)].toSorted()
      : [line === '' ? `${nameShown(call.request.name)} (sha256 ${hash})` : line]
  // A yes to paths holds for the run's further edits of them; a yes to anything else is for one act on one tree.
  return { action, subject, reason: explanation, ...(tree !== undefined && paths.length === 0 && { tree }) }
}

/**
 * The approval by which a call may be made that policy lets a person decide, or what the run has to wait for. What policy
 * answered goes on record as a step beside the call's own, which only begins once a person agreed.
 */
async function askPeople(
  { journal, agreement }: AskingHost,
  asked: AskedCall,
): Promise<{ readonly agreed: string } | { readonly wanted: WantedLeave } | undefined> {
  if (agreement === undefined) return undefined
  const { call, decision } = asked
  const wanted = wantedOf(asked)
  const request = { action: wanted.action, subject: [...wanted.subject], arguments: hashOf(call.request.arguments) }
  await journal.perform(
    { key: `asked:${call.key}:${decision.policy_version.slice(0, 12)}`, kind: 'gate', request },
    async () => ({
      value: decision.answer,
      decision,
    }),
  )
  const agreed = await agreement({ ...wanted, key: call.key })
  return agreed === undefined ? { wanted } : { agreed }
}

/** A call that was weighed; `wanted` is there where a person has to agree to it before it is done. */
export interface WeighedByPeople {
  readonly weighed: Weighed
  readonly wanted?: WantedLeave
}

/** Weighs a call; where policy lets a person decide, it is weighed again with their yes, or the run has to wait. */
export async function weighWithPeople(desk: Desk, call: Call): Promise<WeighedByPeople> {
  const weighed = await weigh(desk, call)
  const { outcome, recorded } = weighed
  if (!('decision' in outcome) || outcome.decision.answer !== 'ask' || recorded === undefined) return { weighed }
  const { host } = desk
  const { paths, argv = [] } = outcome.prepared
  // What a guest does beside its calls changes the tree as well, so no yes to it could be bound to one.
  const tree = host.task.agent.kind === 'guest' ? {} : { tree: host.tree() }
  const answer = await askPeople(host, { call, decision: recorded, paths, argv, ...tree })
  if (answer === undefined) return { weighed }
  if ('wanted' in answer) return { weighed, wanted: answer.wanted }
  return { weighed: await weighAgreed(desk, call, weighed, answer.agreed) }
}

/** The answer to a call whose run has to wait; it is on no record. */
export const waitsForLeave = ({ request }: Call, wanted: WantedLeave): ToolCallResult => ({
  answer: {
    call_id: request.id,
    name: request.name,
    text: `A person has to agree to this first; the run waits for it. ${wanted.reason}`,
    is_error: true,
  },
  control: { kind: 'needs_leave', wanted },
})
