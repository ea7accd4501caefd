import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { readDocument, shownProblems } from '#documents'
import type { ToolDeclaration } from '#domain/conversation'
import { GanderError } from '#domain/failure'

/** One of the twelve versions: which file of `rubrics/` judges. A text is never edited; another text is another file. */
export const RUBRIC_VERSION = 'rubric/2'

/** What a model is told before it sees anything of a run. */
export interface Rubric {
  readonly version: string
  readonly judge: string
  /** Absent in rubrics from before there were appeals. */
  readonly appeal?: string | undefined
}

const schema = z.strictObject({ version: z.string(), judge: z.string().min(1), appeal: z.string().min(1).optional() })
const read = new Map<string, Rubric>()

/** Reads a rubric once per process. @throws GanderError `internal` where the program lacks it */
export function rubricOf(version: string = RUBRIC_VERSION): Rubric {
  const known = read.get(version)
  if (known !== undefined) return known
  const file = new URL(`./rubrics/${version.replaceAll('/', '-')}.yaml`, import.meta.url)
  const parsed = readDocument(readFileSync(file, 'utf8'), schema)
  if (!parsed.ok) throw new GanderError('internal', `${version} is no rubric: ${shownProblems(parsed.refusal)}`)
  const rubric = { ...parsed.value, judge: parsed.value.judge.trimEnd(), appeal: parsed.value.appeal?.trimEnd() }
  read.set(version, rubric)
  return rubric
}

const CHECK = { type: 'string', enum: ['pass', 'fail'] } as const

/** The only tool the judge has. */
export const SUBMIT_JUDGEMENT: ToolDeclaration = {
  name: 'submit_judgement',
  description: 'Hand in your judgement of the change.',
  input_schema: {
    type: 'object',
    additionalProperties: false,
    required: ['verdict', 'confidence', 'checks', 'reasons', 'required_human_attention'],
    properties: {
      verdict: CHECK,
      confidence: { type: 'string', enum: ['low', 'medium', 'high'] },
      checks: {
        type: 'object',
        additionalProperties: false,
        required: ['intent_alignment', 'scope_control', 'test_evidence', 'unrelated_change', 'risk'],
        properties: {
          intent_alignment: CHECK,
          scope_control: CHECK,
          test_evidence: CHECK,
          unrelated_change: CHECK,
          risk: { type: 'string', enum: ['low', 'medium', 'high'] },
        },
      },
      reasons: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['text', 'evidence_refs'],
          properties: {
            text: { type: 'string' },
            evidence_refs: { type: 'array', minItems: 1, items: { type: 'string' } },
          },
        },
      },
      required_human_attention: { type: 'array', items: { type: 'string' } },
    },
  },
}
