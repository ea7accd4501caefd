import { GanderError } from '#domain/failure'
import type { ModelApi, ModelChoice } from '#domain/task'
import { isAbsolute, resolve } from 'node:path'

/** A provider whose address and wire format are known. */
interface Provider {
  readonly api: ModelApi
  /** Environment variables that may hold its key; the first that is set counts. */
  readonly variables: readonly string[]
  /** What is used when nothing is said and this provider's key is there. */
  readonly default_model: string
}

/** Providers in the order in which a default is looked for. */
export const PROVIDERS: Readonly<Record<string, Provider>> = {
  anthropic: { api: 'anthropic', variables: ['ANTHROPIC_API_KEY'], default_model: 'claude-sonnet-5-5' },
  openai: { api: 'openai-responses', variables: ['OPENAI_API_KEY'], default_model: 'gpt-5.5' },
  google: {
    api: 'google',
    variables: ['GOOGLE_GENERATIVE_AI_API_KEY', 'GEMINI_API_KEY'],
    default_model: 'gemini-3.8-flash',
  },
}

/** Wire formats that --model-api takes. */
export const MODEL_APIS: readonly ModelApi[] = ['anthropic', 'openai-chat', 'openai-responses', 'google']

/** Variables a provider's key is looked for in; a provider of one's own has NAME_API_KEY. */
export const keyVariables = (provider: string): readonly string[] =>
  PROVIDERS[provider]?.variables ?? [`${provider.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_API_KEY`]

/** A provider's name as it may be typed. */
export const isProviderName = (text: string): boolean => /^[a-z][a-z0-9-]{0,30}$/.test(text)

interface ModelFlags {
  readonly model?: string | undefined
  readonly modelUrl?: string | undefined
  readonly modelApi?: ModelApi | undefined
}

/** What is known about keys: by provider, the environment's before those of a login. */
export interface KeySource {
  readonly env: { readonly [name: string]: string | undefined }
  readonly saved: { readonly [provider: string]: string }
}

/** The key of a provider, if there is one. */
export function keyOf(provider: string, { env, saved }: KeySource): string | undefined {
  const named = keyVariables(provider).map((name) => env[name]?.trim())
  return named.find((key) => key !== undefined && key !== '') ?? saved[provider]
}

/**
 * Decides which model answers. Said: `PROVIDER:MODEL` or `recorded:FILE`. Not said: the first provider with a key.
 * @throws GanderError `model_not_configured` when there is no way to a model, `usage` when what is said cannot be
 */
export function chooseModel(flags: ModelFlags, keys: KeySource, cwd: string): ModelChoice {
  if (flags.model === undefined) return defaultModel(flags, keys)
  const at = flags.model.indexOf(':')
  const provider = flags.model.slice(0, Math.max(0, at))
  const model = flags.model.slice(at + 1)
  if (!isProviderName(provider) || model === '')
    throw usage(
      `--model ${flags.model} is not understood: it needs a provider and a model.`,
      'Write it as anthropic:NAME, openai:NAME, google:NAME, local:NAME with --model-url, or recorded:FILE.',
    )
  if (provider === 'recorded') return recorded(model, flags, cwd)
  const choice = { provider, model, api: apiOf(provider, flags), url: addressOf(flags.modelUrl) }
  const key = keyOf(provider, keys)
  if (PROVIDERS[provider] === undefined && choice.url === null)
    throw usage(
      `--model ${flags.model} has no address: nothing is known about a provider ${provider}.`,
      'Add --model-url, for a local server --model-url http://127.0.0.1:11434/v1; known are anthropic, openai and google.',
    )
  if (key === undefined && choice.url === null)
    throw new GanderError(
      'model_not_configured',
      `There is no key for ${provider}: ${keyVariables(provider).join(' and ')} ${keyVariables(provider).length > 1 ? 'are' : 'is'} not set and nobody has logged in.`,
      { remedy: `Set ${keyVariables(provider)[0]}, or run \`gander login ${provider}\`.` },
    )
  if (key !== undefined) refuseOpenLine(choice.url)
  return choice
}

/**
 * The model that is asked where the first cannot answer. One of the same provider is at the same address; null where
 * none was named.
 */
export function chooseFallback(
  { model, fallback, ...server }: ModelFlags & { readonly fallback?: string | undefined },
  keys: KeySource,
  cwd: string,
): ModelChoice | null {
  if (fallback === undefined) return null
  const provider = (name = '') => name.slice(0, Math.max(0, name.indexOf(':')))
  const near = provider(model) !== '' && provider(model) === provider(fallback)
  return chooseModel({ model: fallback, ...(near && server) }, keys, cwd)
}

function recorded(file: string, flags: ModelFlags, cwd: string): ModelChoice {
  if (flags.modelUrl !== undefined || flags.modelApi !== undefined)
    throw usage('A recorded model has no address: --model-url and --model-api do not go with recorded:FILE.')
  return { provider: 'recorded', model: isAbsolute(file) ? file : resolve(cwd, file), api: 'recorded', url: null }
}

function defaultModel(flags: ModelFlags, keys: KeySource): ModelChoice {
  if (flags.modelUrl !== undefined)
    throw usage('--model-url does not say which model: a server may hold many.', 'Add --model local:NAME.')
  const found = Object.entries(PROVIDERS).find(([provider]) => keyOf(provider, keys) !== undefined)
  if (found === undefined)
    throw new GanderError(
      'model_not_configured',
      'There is no model to work with: no key is set and nobody has logged in.',
    )
  const [provider, { api, default_model }] = found
  return { provider, model: default_model, api: flags.modelApi ?? api, url: null }
}

const apiOf = (provider: string, flags: ModelFlags): ModelApi =>
  flags.modelApi ?? (flags.modelUrl === undefined ? PROVIDERS[provider]?.api : ownApi(provider)) ?? 'openai-chat'

/** A server of one's own that is called by a provider's name speaks that provider's oldest format, unless it is said. */
const ownApi = (provider: string): ModelApi | undefined =>
  provider === 'openai' ? 'openai-chat' : PROVIDERS[provider]?.api

function addressOf(text: string | undefined): string | null {
  if (text === undefined) return null
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw usage(`--model-url ${text} is no address: it must begin with http:// or https://.`)
  if (url.username !== '' || url.password !== '')
    throw usage('--model-url must not hold a key or password: addresses are recorded.', 'Set NAME_API_KEY instead.')
  return text
}

/** A key is not sent over a line that others can read. */
function refuseOpenLine(address: string | null): void {
  const url = address === null ? null : URL.parse(address)
  if (url === null || url.protocol === 'https:' || isLoopback(url.hostname)) return
  throw usage(
    `--model-url ${address} is not encrypted: a key would be readable on its way.`,
    'Use https://, a tunnel to 127.0.0.1, or unset the key where the server needs none.',
  )
}

const isLoopback = (host: string) => host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host)

const usage = (message: string, remedy?: string) =>
  new GanderError('usage', message, remedy === undefined ? {} : { remedy })
