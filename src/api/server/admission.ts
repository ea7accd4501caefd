import type { AgentChoice, ModelChoice } from '#domain/task'

/** What orders from outside may name of the server's own machine and network. */
export interface AdmissionRules {
  /** Paths and recorded conversations of the server's disk: right where who asks is who serves, on one machine. */
  readonly local_files: boolean
  /** Addresses of model servers besides the providers' own: the server's keys go where an order says. */
  readonly model_addresses: readonly string[]
}

/** Why an order is not taken; empty where it is. */
export function refusedParts(
  order: { readonly repository: string; readonly agent: AgentChoice },
  rules: AdmissionRules,
): readonly string[] {
  return [
    ...(isAddress(order.repository) || rules.local_files
      ? []
      : ['repository: must be an https or ssh address; paths of this server are not open']),
    ...modelsOf(order.agent).flatMap((model) => refusedModel(model, rules)),
  ]
}

function refusedModel({ api, url }: ModelChoice, rules: AdmissionRules): readonly string[] {
  if (api === 'recorded') return rules.local_files ? [] : ['agent.model: a recording is a file of this server']
  if (url === null || rules.model_addresses.includes(url)) return []
  return [`agent.model.url: must be null or one that \`gander serve --model-url\` names, because keys are sent there`]
}

const modelsOf = (agent: AgentChoice): readonly ModelChoice[] => {
  if (agent.kind === 'transform') return []
  return agent.kind === 'native' && agent.fallback !== null ? [agent.model, agent.fallback] : [agent.model]
}

const isAddress = (repository: string): boolean =>
  /^(https|ssh|git):\/\//i.test(repository) || /^[\w.-]+@[\w.-]+:(?!\/\/)/.test(repository)
