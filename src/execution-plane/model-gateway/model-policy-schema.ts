import { z } from 'zod'

const name = z.string().min(1).max(200)
const pattern = z.strictObject({
  provider: name.optional().describe('Provider, with *. Absent: every provider.'),
  model: name
    .optional()
    .describe(
      "Model, with *. Absent: every model. A guest that asks for a listed model of its run's provider gets it; an exact name here is also found by its family's name (haiku) and with a date.",
    ),
  use_for: z
    .array(z.enum(['planning', 'editing', 'repairing', 'judging', 'guest']))
    .optional()
    .describe('What it is named for. Absent: everything. Empty: nothing.'),
  region: name
    .optional()
    .describe("Host of the model's address, with *; own is the provider's own address. Absent: every address."),
})
const limit = 'Native calls and guests together. 0: none. Absent: no limit besides the budget of the run.'
const rule = z.strictObject({
  task_class: name.optional().describe('Kinds of task that the rule is for, with *. Absent: all.'),
  data_class_max: z
    .enum(['public', 'internal', 'confidential', 'restricted'])
    .optional()
    .describe('Most sensitive data that its models may see. Absent: internal.'),
  allowed_models: z
    .array(pattern)
    .optional()
    .describe('Models that the rule allows. Absent: every model that no rule blocks. Empty: none.'),
  blocked_models: z.array(pattern).optional().describe('Models that no other rule can allow. Absent or empty: none.'),
  prompt_logging: z
    .strictObject({ raw: z.literal(false).optional(), redacted: z.boolean() })
    .optional()
    .describe(
      'redacted false: records hold hashes in place of words. Absent: redacted words are kept. Raw ones never are.',
    ),
  max_tokens_per_run: z.number().int().nonnegative().optional().describe(`Tokens of a run. ${limit}`),
  max_cost_usd_per_run: z.number().nonnegative().optional().describe(`US dollars of a run. ${limit}`),
  fallback: z
    .strictObject({ provider: name, model: name })
    .optional()
    .describe('Named in a refusal as what to use instead. Absent: nothing is named.'),
})

/** The form of GANDER_HOME/model-policy.yaml. */
export const modelPolicySchema = z.strictObject({ model_policy: z.array(rule).min(1) })
