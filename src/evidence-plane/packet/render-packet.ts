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

/** Lines of each answer on the page: all ten are read in a minute; the JSON has every line. */
const LINES_SHOWN: Readonly<Record<Question, number>> = {
  what_was_asked: 3,
  what_scope_was_agreed: 3,
  what_changed: 4,
  why_it_is_right: 3,
  what_proves_it: 6,
  what_risk_is_left: 4,
  who_approved: 2,
  what_was_not_done: 3,
  how_to_roll_back: 1,
  where_the_trace_is: 1,
}

/** The packet's file by its hash, and the keys that signed it. */
interface SealedFile {
  readonly sha256: string
  readonly key_ids: readonly string[]
}

/** The packet on one page of Markdown. */
export function renderPacket(packet: EvidencePacket, file: SealedFile): string {
  const { evidence } = packet
  const { outcome, costs } = evidence
  const sections = QUESTIONS.map((question) => section(question, packet.answers[question]))
  return [
    `# Evidence: ${inline(evidence.task.title)}`,
    '',
    `**${outcome.state}** · ${inline(outcome.summary)}`,
    '',
    `Run \`${evidence.run_id}\` · $${costs.use.cost_usd.toFixed(4)} of $${costs.limits.max_cost_usd.toFixed(2)} · ` +
      `${costs.use.steps} steps · ${costs.use.tokens} tokens${costs.unknown_calls > 0 ? ` · ${costs.unknown_calls} model calls with an unknown outcome, booked as spent` : ''}`,
    '',
    ...sections,
    howToVerify(packet, file),
  ].join('\n')
}

/** The packet is proof only to those who got the public key from somewhere else. */
function howToVerify({ evidence }: EvidencePacket, { sha256, key_ids }: SealedFile): string {
  const versions = Object.entries(evidence.versions).map(
    ([name, version]) => `${name} \`${inline(version).slice(0, 40)}\``,
  )
  return [
    '## How to verify it',
    '`gander verify packet.json --repo REPOSITORY --key KEY.pem` checks signature, hashes, base and head, and runs the tests of both again.',
    '',
    `- Packet sha256 \`${sha256}\`, signed by ${key_ids.map((id) => `\`${id}\``).join(' and ')}.`,
    '- `gander verify --public-key` prints KEY.pem where the run was made; a key that comes with a packet proves nothing.',
    `- Versions: ${versions.join(', ')}.`,
    '',
  ].join('\n')
}

function section(question: Question, given: readonly string[]): string {
  const most = LINES_SHOWN[question]
  const lines = question === 'what_proves_it' ? withGatesTogether(given) : given
  const shown = lines.length > most ? lines.slice(0, Math.max(1, most - 1)) : lines
  const rest = lines.length - shown.length
  const more = rest === 0 ? [] : most === 1 ? [] : [`- … and ${rest} more in packet.json`]
  return [`## ${HEADINGS[question]}`, ...shown.map((line) => `- ${inline(line)}`), ...more, ''].join('\n')
}

const PASSED = /^Gate (\w+): (?:pass|not_required) \(/

/** Gates that passed in one line, so that those that did not are seen. */
function withGatesTogether(lines: readonly string[]): readonly string[] {
  const passed = lines.flatMap((line) => PASSED.exec(line)?.[1] ?? [])
  const rest = lines.filter((line) => !PASSED.test(line))
  return passed.length === 0 ? lines : [...rest, `Gates passed or not required: ${passed.join(', ')}.`]
}

/** One line without markup that would render as something else: the text may come from an outsider. */
const inline = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll('<', '&lt;').replaceAll(/!\[/g, '[').slice(0, 400).trim()
