import type { Json } from '#domain/json'
import type { Script, ScriptedReply, ScriptedTurn } from '../scripted-model/index.ts'

/** What a made-up model does in each phase, one reply a turn. */
export interface Play {
  readonly planning?: readonly ScriptedReply[]
  /** Replies of editing and, going on, of repairing. */
  readonly editing?: readonly ScriptedReply[]
  /** Verdicts of the judge, one for each time it is asked. */
  readonly judging?: readonly ScriptedReply[]
}

/** A call of one tool. */
export const call = (name: string, args: Json = {}): ScriptedReply => ({ tool_calls: [{ name, arguments: args }] })

/** A plan that meets the quality rules. */
export const plan = (target: string): ScriptedReply =>
  call('submit_plan', {
    objective: 'The behaviour that the issue describes is right afterwards.',
    assumptions: ['The tests describe what is wanted.'],
    constraints: [],
    steps: [
      { id: 'S1', action: 'patch the cause', target, expected_evidence: 'the diff is limited to this file' },
      {
        id: 'S2',
        action: 'run the tests',
        target: 'the test suite',
        expected_evidence: 'a report with every test passed',
      },
    ],
    verification: ['the profile of the repository'],
    forbidden: ['CI configuration', 'dependencies'],
    risk: 'low',
  })

export const finish = (summary = 'Mended the cause and covered it by a test.'): ScriptedReply =>
  call('finish', { summary })

/** A judge that accepts; the references it gives are the ones it was offered. */
export const accept: ScriptedReply = judgement('pass', 'The change does what was asked.')
export const reject: ScriptedReply = judgement('fail', 'The change does not do what was asked.')

function judgement(verdict: 'pass' | 'fail', text: string): ScriptedReply {
  return call('submit_judgement', {
    verdict,
    confidence: 'high',
    checks: {
      intent_alignment: verdict,
      scope_control: 'pass',
      test_evidence: verdict,
      unrelated_change: 'pass',
      risk: 'low',
    },
    required_human_attention: [],
    reasons: [{ text, evidence_refs: ['TASK'] }],
  })
}

/**
 * A script that finds its place from the conversation it is sent, not from how often it was asked, so that a resumed or
 * repeated call gets the same answer.
 */
export function play({ planning = [plan('src')], editing = [], judging = [accept] }: Play): Script {
  let judged = 0
  return (turn: ScriptedTurn) => {
    const said = turn.messages.filter((message) => message.role === 'assistant').length
    if (turn.phase === 'judging') return judging[Math.min(judged++, judging.length - 1)] ?? accept
    const replies = turn.phase === 'planning' ? planning : editing
    const place = turn.phase === 'planning' ? said : said - planning.length
    return (
      replies[place] ?? {
        fail: { status: 400, body: `{"error":{"message":"no line for turn ${place} of ${turn.phase}"}}` },
      }
    )
  }
}
