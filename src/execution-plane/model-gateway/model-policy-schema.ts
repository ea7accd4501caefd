import { z } from 'zod'

const name = z.string().min(1).max(200)
const pattern = z.strictObject({
  provider: name.optional(),
  model: name.optional(),
  use_for: z.array(z.enum(['planning', 'editing', 'repairing', 'judging', 'guest'])).optional(),
  region: name.optional(),
})
const rule = z.strictObject({
  task_class: name.optional(),
  data_class_max: z.enum(['public', 'internal', 'confidential', 'restricted']).optional(),
  allowed_models: z.array(pattern).optional(),
  blocked_models: z.array(pattern).optional(),
  prompt_logging: z.strictObject({ raw: z.literal(false).optional(), redacted: z.boolean() }).optional(),
  max_tokens_per_run: z.number().int().nonnegative().optional(),
  max_cost_usd_per_run: z.number().nonnegative().optional(),
  fallback: z.strictObject({ provider: name, model: name }).optional(),
})

/** The form of GANDER_HOME/model-policy.yaml. */
export const modelPolicySchema = z.strictObject({ model_policy: z.array(rule).min(1) })
