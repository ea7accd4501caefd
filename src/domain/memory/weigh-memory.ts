import type { Trust } from '../task/index.ts'
import { neutralise } from '../text/index.ts'

/** From what an operator said down to what nobody vouches for, with how much one sighting can be worth at most. */
const WORTH: readonly (readonly [Trust, number])[] = [
  ['operator', 0.95],
  ['merged', 0.9],
  ['member', 0.8],
  ['tool_output', 0.7],
  ['outsider', 0.4],
  ['unknown', 0.3],
]

/** The trust of what was made from several inputs: that of the least trusted. */
export function lowestTrust(inputs: readonly Trust[]): Trust {
  const rank = (trust: Trust) => WORTH.findIndex(([name]) => name === trust)
  return inputs.reduce<Trust>((low, each) => (rank(each) > rank(low) ? each : low), inputs[0] ?? 'unknown')
}

/** How sure an entry is: half of what its trust allows when one run saw it, more with each further run. */
export function confidenceOf(trust: Trust, seen: number): number {
  const most = WORTH.find(([name]) => name === trust)?.[1] ?? 0
  return Math.round(most * (1 - 0.5 ** Math.max(1, seen)) * 1_000) / 1_000
}

/** A text as it is remembered: one line in which everything is visible. */
export const canonicalMemory = (text: string): string =>
  neutralise(
    text
      .normalize('NFC')
      .replaceAll(/[\s\u2028\u2029]+/gu, ' ')
      .trim(),
  )

const SIGNS: readonly (readonly [rule: string, sign: RegExp])[] = [
  [
    'memory.gives_orders',
    /\byou (?:must|should|shall|need to|have to)\b|\b(?:assistant|agent|model|reviewer)s? (?:must|should|shall)\b|\b(?:approve|merge|push|deploy)\b.{0,30}\b(?:this|now|main|master|directly|without)\b/iu,
  ],
  ['memory.imitates_markup', /<\/?[a-z][\w-]*[\s>=]|<\|[^|]*\|>|```|"(?:role|tool_calls?)"\s*:/iu],
  [
    'memory.names_a_source',
    /\b(?:https?|ftp|data):\/?\/?\S|\b(?:curl|wget|nc|ssh|scp|iwr|invoke-webrequest)\b|\|\s*(?:ba|z|da)?sh\b/iu,
  ],
  ['memory.encoded', /[A-Za-z0-9+/]{64,}={0,2}|(?:\\x[0-9a-f]{2}){8,}|(?:%[0-9a-f]{2}){8,}/iu],
]

/**
 * What a canonical text holds that a mere fact has no need of; what reads like orders in any text is asked elsewhere.
 * A flag refuses nothing, and none proves nothing.
 */
export const beyondFacts = (canonical: string): readonly string[] =>
  SIGNS.filter(([, sign]) => sign.test(canonical)).map(([rule]) => rule)

/** True where one trust is at least another. */
export const isAtLeast = (trust: Trust, other: Trust): boolean => lowestTrust([trust, other]) === other
