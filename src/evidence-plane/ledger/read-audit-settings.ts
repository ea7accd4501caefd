import { z } from 'zod'
import { readDocument, shownProblems } from '#documents'
import { GanderError } from '#domain/failure'
import { CHECKPOINT_PACE, type CheckpointPace } from './checkpoint-maker.ts'

/** Where checkpoints go besides GANDER_HOME/checkpoints, and how often they are made. */
export interface AuditSettings {
  readonly pace: CheckpointPace
  readonly also: readonly ({ readonly folder: string } | { readonly git: string })[]
}

const SCHEMA = z.strictObject({
  checkpoints: z.strictObject({
    every_events: z.number().int().min(1).max(100_000).optional(),
    every_seconds: z.number().int().min(1).max(86_400).optional(),
    also: z
      .array(
        z.union([
          z.strictObject({ folder: z.string().regex(/^\//, 'must be an absolute path') }),
          z.strictObject({
            git: z
              .string()
              .min(1)
              .regex(/^(\/|file:|https:|ssh:|[\w.-]+@)/, 'must be an address of git'),
          }),
        ]),
      )
      .optional(),
  }),
})

/** Reads audit.yaml; absent text, or an absent field, means the defaults. @throws GanderError `audit_configuration_invalid` */
export function readAuditSettings(text: string | undefined, origin: string): AuditSettings {
  if (text === undefined) return { pace: CHECKPOINT_PACE, also: [] }
  const read = readDocument(text, SCHEMA, { camel_case: true, such_as: 'checkpoints' })
  if (!read.ok) throw new GanderError('audit_configuration_invalid', `${origin}: ${shownProblems(read.refusal)}.`)
  const { every_events = CHECKPOINT_PACE.every_events, every_seconds, also = [] } = read.value.checkpoints
  const every_ms = every_seconds === undefined ? CHECKPOINT_PACE.every_ms : every_seconds * 1_000
  return { pace: { every_events, every_ms }, also }
}
