import { QUESTIONS, type EvidencePacket, type Question } from '#domain/packet'

const HEADINGS: Readonly<Record<Question, string>> = {
  what_was_asked: 'What was asked',
  what_scope_was_agreed: 'What scope was agreed',
  what_changed: 'What changed',
  why_it_is_right: 'Why it is right',
  what_proves_it: 'What proves it',
  what_risk_is_left: 'What risk is left',
  who_approved: 'Who approved',
  what_was_not_done: 'What was not done',
  how_to_roll_back: 'How to roll back',
  where_the_trace_is: 'Where the trace is',
}

/** A reviewer reads at most this many lines of an answer; the JSON has all of them. */
const LINES_SHOWN = 12

/** The packet on one page of Markdown. */
export function renderPacket(packet: EvidencePacket, sha256: string): string {
  const { evidence } = packet
  const { outcome, costs, versions } = evidence
  const sections = QUESTIONS.map((question) => section(HEADINGS[question], packet.answers[question]))
  return [
    `# Evidence: ${inline(evidence.task.title)}`,
    '',
    `**${outcome.state}** · ${inline(outcome.summary)}`,
    '',
    `Run \`${evidence.run_id}\` · packet \`${sha256.slice(0, 16)}\` · $${costs.use.cost_usd.toFixed(4)} of $${costs.limits.max_cost_usd.toFixed(2)} · ` +
      `${costs.use.steps} steps · ${costs.use.tokens} tokens${costs.unknown_calls > 0 ? ` · ${costs.unknown_calls} model calls with an unknown outcome, booked as spent` : ''}`,
    '',
    ...sections,
    '## Versions',
    '',
    ...Object.entries(versions).map(([name, version]) => `- ${name}: \`${version}\``),
    '',
  ].join('\n')
}

function section(heading: string, lines: readonly string[]): string {
  const shown = lines.slice(0, LINES_SHOWN).map((line) => `- ${inline(line)}`)
  const rest = lines.length > LINES_SHOWN ? [`- … and ${lines.length - LINES_SHOWN} more in the JSON`] : []
  return [`## ${heading}`, '', ...shown, ...rest, ''].join('\n')
}

/** One line without markup that would render as something else: the text may come from an outsider. */
const inline = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll('<', '&lt;').replaceAll(/!\[/g, '[').slice(0, 400).trim()
