import { decideModel, DEFAULT_MODEL_POLICY, type ModelDecision, type ModelUse } from '#domain/model-policy'
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
export type ModelRules = (ask: ModelAsk) => Promise<ModelDecision>

/**
 * Applies the policy that the source holds at each call; it is parsed again only when its text changed. A source that
 * cannot be read, or holds no policy, refuses every call and says why.
 */
export function createModelRules(source: PolicySource): ModelRules {
  let last: { text: string; decide: (ask: ModelAsk) => ModelDecision } | undefined
  return async (ask) => {
    try {
      const found = await source()
      if (found === undefined) return decideModel(DEFAULT_MODEL_POLICY, questionOf(ask))
      if (last?.text !== found.text) last = { text: found.text, decide: await prepared(found) }
      return last.decide(ask)
    } catch (error) {
      return unreadable(error instanceof Error ? error.message : String(error))
    }
  }
}

async function prepared(found: { readonly text: string; readonly origin: string }) {
  // YAML is loaded only where there is a policy: an idle gateway does without its memory.
  const { readModelPolicy } = await import('./read-model-policy.ts')
  const read = readModelPolicy(found.text, found.origin)
  if (!read.ok) return () => unreadable(read.refusal.message)
  return (ask: ModelAsk) => decideModel(read.value, questionOf(ask))
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
