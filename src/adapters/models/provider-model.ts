import type { LanguageModel } from 'ai'
import type { ModelChoice } from '#domain/task'
import { sendRequest } from './send-request.ts'

/** Where each provider's own address begins, below its host. */
const VERSION_PATHS = { anthropic: '/v1', 'openai-chat': '/v1', 'openai-responses': '/v1', google: '/v1beta' } as const

/** Sent where a server needs no key but the client insists on a header. */
const NO_KEY = 'none'

/** The wire formats; each is loaded when it is first spoken, because it takes 3 to 6 MB and most gateways speak one. */
const WIRES = {
  anthropic: () => import('@ai-sdk/anthropic'),
  google: () => import('@ai-sdk/google'),
  openai: () => import('@ai-sdk/openai'),
  compatible: () => import('@ai-sdk/openai-compatible'),
}

/** Loads the wire format that a provider of this name is known to speak. */
export async function loadWire(provider: string): Promise<void> {
  if (provider === 'anthropic' || provider === 'google' || provider === 'openai') await WIRES[provider]()
}

/** The model object that speaks the choice's wire format. A string id would go to a vendor's gateway. */
export async function providerModel(choice: ModelChoice, key: string | undefined): Promise<LanguageModel> {
  const url = addressOf(choice)
  const settings = { apiKey: key ?? NO_KEY, fetch: sendRequest, ...(url === null ? {} : { baseURL: url }) }
  switch (choice.api) {
    case 'anthropic':
      return (await WIRES.anthropic()).createAnthropic(settings)(choice.model)
    case 'google':
      return (await WIRES.google()).createGoogle(settings)(choice.model)
    case 'openai-responses':
      return (await WIRES.openai()).createOpenAI(settings).responses(choice.model)
    case 'openai-chat':
      if (url === null) return (await WIRES.openai()).createOpenAI(settings).chat(choice.model)
      return (await WIRES.compatible()).createOpenAICompatible({
        name: 'compatible',
        baseURL: url,
        fetch: sendRequest,
        ...(key === undefined ? {} : { apiKey: key }),
      })(choice.model)
    case 'recorded':
      throw new TypeError('A recording is not asked over a wire.')
    default:
      return choice.api satisfies never
  }
}

/** The choice's address with the version path put in where a bare host was given; null means the provider's own. */
function addressOf(choice: ModelChoice): string | null {
  if (choice.url === null || choice.api === 'recorded') return null
  const url = new URL(choice.url)
  if (url.pathname === '/') url.pathname = VERSION_PATHS[choice.api]
  return url.href.replace(/\/+$/, '')
}
