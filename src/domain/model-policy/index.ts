/**
 * Which models may be asked: rules as data, by kind of task and class of data. Decides with `decideModel`, which is pure:
 * what one rule blocks no other allows, and where rules for a task exist one of them must allow the model.
 */
export { mapModel, type ModelMapping } from './map-model.ts'

type PolicyDataClass = 'public' | 'internal' | 'confidential' | 'restricted'

/** What a model is asked for. */
export type ModelUse = 'planning' | 'editing' | 'repairing' | 'judging' | 'guest'

/** Names models; an absent field names all, `*` in a name stands for any characters. */
interface ModelPattern {
  readonly provider?: string | undefined
  readonly model?: string | undefined
  readonly use_for?: readonly ModelUse[] | undefined
  /** Host name of the model's address, with `*`; `own` is the provider's own address. */
  readonly region?: string | undefined
}

/** One rule of the policy. */
interface ModelRule {
  /** Kinds of task it is for, with `*`; absent means all. */
  readonly task_class?: string | undefined
  /** The most sensitive data it allows; absent means `internal`. */
  readonly data_class_max?: PolicyDataClass | undefined
  /** Absent means any model that is not blocked. */
  readonly allowed_models?: readonly ModelPattern[] | undefined
  readonly blocked_models?: readonly ModelPattern[] | undefined
  /** `redacted: false` keeps hashes only; raw prompts are never kept. */
  readonly prompt_logging?: { readonly raw?: false | undefined; readonly redacted: boolean } | undefined
  readonly max_tokens_per_run?: number | undefined
  readonly max_cost_usd_per_run?: number | undefined
  /** Named in a refusal as what to use instead. */
  readonly fallback?: { readonly provider: string; readonly model: string } | undefined
}

export interface ModelPolicy {
  readonly version: string
  readonly rules: readonly ModelRule[]
}

/** What is asked about one call. */
export interface ModelQuestion {
  readonly provider: string
  readonly model: string
  /** Host of the model's address; null for the provider's own. */
  readonly host: string | null
  readonly use: ModelUse
  readonly task_class: string
  readonly data_class: PolicyDataClass
}

export type ModelDecision =
  | {
      readonly allowed: true
      readonly policy_version: string
      /** True where a rule names the model, false where it is allowed because nothing was said against it. */
      readonly listed: boolean
      readonly log_prompts: boolean
      readonly max_tokens: number | null
      readonly max_cost_usd: number | null
    }
  | { readonly allowed: false; readonly policy_version: string; readonly rule: string; readonly message: string }

/** What holds where no policy was written: whatever the operator chose, for data up to `internal`. */
export const DEFAULT_MODEL_POLICY: ModelPolicy = { version: 'default', rules: [{}] }

const CLASSES: readonly PolicyDataClass[] = ['public', 'internal', 'confidential', 'restricted']

/** Decides about one call. */
export function decideModel(policy: ModelPolicy, asked: ModelQuestion): ModelDecision {
  const named = `${asked.provider}:${asked.model}`
  const matching = policy.rules.filter((rule) => matches(rule.task_class, asked.task_class))
  const refused = (rule: string, why: string): ModelDecision => {
    const instead = matching.find((each) => each.fallback !== undefined)?.fallback
    const advice = instead === undefined ? '' : ` Use ${instead.provider}:${instead.model} instead.`
    const message = `The policy for models does not allow ${named} here: ${why}.${advice}`
    return { allowed: false, policy_version: policy.version, rule, message }
  }
  if (matching.some((rule) => rule.blocked_models?.some((pattern) => names(pattern, asked)) === true))
    return refused('blocked_model', 'it is blocked')
  const allowing = matching.filter((rule) => rule.allowed_models?.some((pattern) => names(pattern, asked)) ?? true)
  if (allowing.length === 0)
    return refused('model_not_listed', `no rule for ${asked.task_class} allows it for ${asked.use}`)
  const holding = allowing.filter((rule) => rank(rule.data_class_max ?? 'internal') >= rank(asked.data_class))
  if (holding.length === 0) return refused('data_class', `it may not see ${asked.data_class} data`)
  return {
    allowed: true,
    policy_version: policy.version,
    listed: holding.some((rule) => rule.allowed_models?.some((pattern) => names(pattern, asked)) === true),
    log_prompts: matching.every((rule) => rule.prompt_logging?.redacted ?? true),
    max_tokens: least(matching.map((rule) => rule.max_tokens_per_run)),
    max_cost_usd: least(matching.map((rule) => rule.max_cost_usd_per_run)),
  }
}

/** Exact names of the models that the policy lists for this question's provider, use and address, in its order. */
export function listedModels(policy: ModelPolicy, asked: Omit<ModelQuestion, 'model'>): readonly string[] {
  const patterns = policy.rules
    .filter((rule) => matches(rule.task_class, asked.task_class))
    .flatMap((rule) => rule.allowed_models ?? [])
  const exact = patterns.flatMap((pattern) => {
    const { model } = pattern
    return model === undefined || model.includes('*') || !names(pattern, { ...asked, model }) ? [] : [model]
  })
  return [...new Set(exact)]
}

const rank = (data_class: PolicyDataClass): number => CLASSES.indexOf(data_class)

const names = (pattern: ModelPattern, asked: ModelQuestion): boolean =>
  matches(pattern.provider, asked.provider) &&
  matches(pattern.model, asked.model) &&
  matches(pattern.region, asked.host ?? 'own') &&
  (pattern.use_for?.includes(asked.use) ?? true)

/** Letter case does not matter: a blocked model must not come back in capitals. */
function matches(glob: string | undefined, name: string): boolean {
  if (glob === undefined) return true
  const parts = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}$`, 'is').test(name)
}

const least = (figures: readonly (number | undefined)[]): number | null =>
  figures.reduce<number | null>((found, each) => (each === undefined ? found : Math.min(each, found ?? each)), null)
