import {
  decideModel,
  DEFAULT_MODEL_POLICY,
  listedModels,
  type ModelDecision,
  type ModelPolicy,
  type ModelUse,
} from '#domain/model-policy'
import type { ModelChoice } from '#domain/task'
import type { DataClass } from '#ports'

/** The policy as it stands on disk now: absent, read, or not to be used and why. */
export type PolicySource = () => Promise<{ readonly text: string; readonly origin: string } | undefined>

/** What a call is judged by. */
export interface ModelAsk {
  readonly model: ModelChoice
  readonly use: ModelUse
  readonly task_class: string
  readonly data_class: DataClass
}

/** The policy for models as the gateway applies it. */
export interface ModelRules {
  decide(ask: ModelAsk): Promise<ModelDecision>
  /** Exact names that the policy lists for the ask's provider, address, use and kind of task; none where it cannot be read. */
  listed(ask: ModelAsk): Promise<readonly string[]>
}

/**
 * Applies the policy that the source holds at each call; it is parsed again only when its text changed. A source that
 * cannot be read, or holds no policy, refuses every call and says why.
 */
export function createModelRules(source: PolicySource): ModelRules {
  let last: { readonly text: string; readonly read: Read } | undefined
  const current = async (): Promise<Read> => {
    try {
      const found = await source()
      if (found === undefined) return { policy: DEFAULT_MODEL_POLICY }
      if (last?.text !== found.text) last = { text: found.text, read: await readText(found) }
      return last.read
    } catch (error) {
      return { why: error instanceof Error ? error.message : String(error) }
    }
  }
  return {
    async decide(ask) {
      const { policy, why } = await current()
      return policy === undefined ? unreadable(why) : decideModel(policy, questionOf(ask))
    },
    async listed(ask) {
      const { policy } = await current()
      return policy === undefined ? [] : listedModels(policy, questionOf(ask))
    },
  }
}

type Read =
  | { readonly policy: ModelPolicy; readonly why?: undefined }
  | { readonly policy?: undefined; readonly why: string }

async function readText(found: { readonly text: string; readonly origin: string }): Promise<Read> {
  // YAML is loaded only where there is a policy: an idle gateway does without its memory.
  const { readModelPolicy } = await import('./read-model-policy.ts')
  const read = readModelPolicy(found.text, found.origin)
  return read.ok ? { policy: read.value } : { why: read.refusal.message }
}

const questionOf = ({ model, ...rest }: ModelAsk) => ({
  ...rest,
  provider: model.provider,
  model: model.model,
  host: model.url === null || !URL.canParse(model.url) ? null : new URL(model.url).hostname,
})

const unreadable = (why: string): ModelDecision => ({
  allowed: false,
  policy_version: 'unreadable',
  rule: 'policy_unreadable',
  message: `The policy for models cannot be used, so no model is asked: ${why}`,
})
