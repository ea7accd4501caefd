import type { TextFlag } from '#domain/context'
import { canonical, HIDING_RULES, readAs, type TextKind } from './canonical.ts'
import { SUSPICION_RULES } from './suspicious-rules.ts'

/** A text of somebody else as it may be shown, with what in it reads like orders or hides something. */
export interface FlaggedText {
  readonly text: string
  readonly flags: readonly TextFlag[]
}

const MOST_LINES = 10
/** Longer lines are data or minified code: their beginning is asked. */
const LONGEST_LINE = 4_000
const MOST_ENCODED = 40
const ENCODED = /(?:[A-Za-z0-9+/]{4}){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?/g
/** Rules whose words stand for themselves, so that they are worth undoing a code for. */
const PLAIN_ORDERS = new Set([
  'suspicious.overrides_rules',
  'suspicious.new_role',
  'suspicious.exfiltrates',
  'suspicious.pushes',
  'suspicious.sends_out',
  'suspicious.runs_remote',
])

const TITLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(SUSPICION_RULES.map(({ id, title }) => [id, title])),
  ...HIDING_RULES,
  'suspicious.in_base64': 'holds orders in base64',
  'suspicious.in_rot13': 'holds orders with turned letters',
}

/**
 * The one door for text that others wrote: shows what it hides and names the lines that read like orders. Deterministic;
 * a flag is a remark for the model and for people, never a boundary.
 */
export function flagText(text: string, kind: TextKind): FlaggedText {
  const { text: shown, hidden } = canonical(text, kind)
  const lines = new Map<string, number[]>()
  const note = (rule: string, line: number) => {
    const known = lines.get(rule)
    if (known === undefined) lines.set(rule, [line])
    else if (known.length < MOST_LINES && known.at(-1) !== line) known.push(line)
  }
  for (const { rule, line } of hidden) note(rule, line)
  let encoded = 0
  for (const [index, raw] of shown.split('\n').entries()) {
    const line = readAs(raw.slice(0, LONGEST_LINE))
    for (const rule of rulesMet(line, kind)) note(rule, index + 1)
    if (encoded >= MOST_ENCODED) continue
    const veiled = veiledOrders(line)
    if (veiled.tried) encoded += 1
    for (const rule of veiled.rules) note(rule, index + 1)
  }
  return {
    text: shown,
    flags: [...lines].map(([rule, found]) => ({ rule, title: TITLES[rule] ?? rule, lines: found })),
  }
}

/** What every rule needs in a line: most lines have none of it, and are asked for no more. */
const HINTS =
  /ignor|disregard|forget|overrid|bypass|circumvent|follow|obey|you (?:are|can|may|must|should|have)|you,|from now|henceforth|\bmode\b|act as|instruction|prompt|im_|<\/?\|?(?:system|assistant|instr|endof|start_h)|INST\]|SYS>|system|assistant|developer|"role"|data\s+key|approv|permission|authori|clearance|review|secret|token|keys?\b|credential|password|\benv|\.env|id_rsa|\.ssh|\.aws|netrc|npmrc|curl|wget|\bncat?\b|iwr|iex|invoke|deploy|rm -rf|push|publish|upload|kubectl|terraform|chmod|merge|commit|tests?\b|checks?\b|assert|lint|verif|gates?\b|scanner|tell|mention|inform|reveal|disclos|report|alert|notify|\bpass|lgtm|accept|polic/i

const rulesMet = (line: string, kind: TextKind): readonly string[] =>
  line.length < 8 || !HINTS.test(line)
    ? []
    : SUSPICION_RULES.filter((rule) => (kind !== 'code' || !rule.prose_only) && rule.pattern.test(line)).map(
        ({ id }) => id,
      )

/** Orders behind base64 or ROT13. */
function veiledOrders(line: string): { readonly tried: boolean; readonly rules: readonly string[] } {
  const blocks = [...line.matchAll(ENCODED)].map(([block]) => Buffer.from(block, 'base64').toString('utf8'))
  const readable = blocks.filter((text) => /^[\t\n\r\x20-\x7e]{12,}$/.test(text))
  const behind = readable.some((text) => text.split('\n').some(ordersPlainly))
  const turned = TURNED.test(line) && ordersPlainly(rot13(line))
  return {
    tried: blocks.length > 0,
    rules: [...(behind ? ['suspicious.in_base64'] : []), ...(turned ? ['suspicious.in_rot13'] : [])],
  }
}

/** Words without which no plain order is met, as ROT13 writes them: undoing it for every line costs more than all rules. */
const TURNED =
  /vtabe|qvfertneq|sbetrg|bireevq|olcnff|pvephzirag|sbyybj|borl|lbh ner|sebz abj|uraprsbegu|frperg|gbxra|rai|cnffjbeq|perqragvny|cebzcg|xrlf?\b|chfu|zretr|phey|jtrg/i

const ordersPlainly = (line: string): boolean => rulesMet(line, 'prose').some((rule) => PLAIN_ORDERS.has(rule))

const rot13 = (text: string): string =>
  text.replaceAll(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
  })
