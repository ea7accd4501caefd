import { z } from 'zod'
import { readDocument, shownProblems } from '#documents'
import { GanderError } from '#domain/failure'
import type { DataClass } from '#ports'

/** How many days each kind of record is kept; the names are document 2's, and what they cover is RULE_OF_KIND. */
export interface RetentionRules {
  /** Answers of models as the gateway keeps them; requests are never kept unredacted. */
  readonly redacted_model_request: number
  /** Anything restricted, whatever its kind. */
  readonly tool_output_raw: number
  /** Logs, command output, transcripts, exported files. */
  readonly tool_output_redacted: number
  /** Patches and plans. */
  readonly patch_artifact: number
  /** Packets, their pages, and the reports of judges and of risk. */
  readonly evidence_packet: number
  readonly replay_package: number
  /** What a step recorded for resuming; its hash stays. */
  readonly step_outcome: number
  /** Kinds that no rule names. */
  readonly other_artifact: number
  /** How long a packet holds everything it refers to. */
  readonly packet_valid: number
}

/** The rules where retention.yaml names none. Events of the ledger are not swept at all: they are kept at least 2555 days. */
export const DEFAULT_RETENTION: RetentionRules = {
  redacted_model_request: 30,
  tool_output_raw: 7,
  tool_output_redacted: 90,
  patch_artifact: 365,
  evidence_packet: 2555,
  replay_package: 90,
  step_outcome: 90,
  other_artifact: 365,
  packet_valid: 30,
}

const rule = z.strictObject({ store_days: z.number().int().min(0).max(36_500) }).optional()
const SCHEMA = z.strictObject({
  retention: z.strictObject({
    redacted_model_request: rule,
    tool_output_raw: rule,
    tool_output_redacted: rule,
    patch_artifact: rule,
    evidence_packet: rule,
    replay_package: rule,
    step_outcome: rule,
    other_artifact: rule,
    packet_valid: rule,
  }),
})

/** Reads retention.yaml; a rule that is absent is the default's. @throws GanderError `retention_rules_invalid` */
export function readRetentionRules(text: string, origin: string): RetentionRules {
  const read = readDocument(text, SCHEMA, { camel_case: true, such_as: 'retention' })
  if (!read.ok) throw new GanderError('retention_rules_invalid', `${origin}: ${shownProblems(read.refusal)}.`)
  const given = Object.entries(read.value.retention).flatMap(([name, said]) =>
    said === undefined ? [] : [[name, said.store_days] as const],
  )
  return { ...DEFAULT_RETENTION, ...Object.fromEntries(given) }
}

type RuleName = keyof RetentionRules

const RULE_OF_KIND: Readonly<Record<string, RuleName>> = {
  log: 'tool_output_redacted',
  command_output: 'tool_output_redacted',
  guest_transcript: 'tool_output_redacted',
  artifact_export: 'tool_output_redacted',
  exported_file: 'tool_output_redacted',
  model_exchange: 'redacted_model_request',
  patch: 'patch_artifact',
  plan: 'patch_artifact',
  evidence_packet: 'evidence_packet',
  evidence_page: 'evidence_packet',
  judge_report: 'evidence_packet',
  risk_assessment: 'evidence_packet',
  replay_package: 'replay_package',
}

/** The rule that says how long an artifact is kept: its kind's, and for what is restricted never a longer one than raw output's. */
export function ruleFor(
  { kind, data_class }: { readonly kind: string; readonly data_class: DataClass },
  rules: RetentionRules,
): { readonly rule: RuleName; readonly days: number } {
  const named = RULE_OF_KIND[kind] ?? 'other_artifact'
  const name = data_class === 'restricted' && rules.tool_output_raw < rules[named] ? 'tool_output_raw' : named
  return { rule: name, days: rules[name] }
}
