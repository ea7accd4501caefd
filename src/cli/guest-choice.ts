import { GanderError } from '#domain/failure'
import {
  GUEST_APIS,
  KNOWN_GUESTS,
  type AgentChoice,
  type GuestChoice,
  type KnownGuest,
  type ModelApi,
} from '#domain/task'
import { chooseModel, keyOf, type KeySource } from './model-choice.ts'

/** The flags that decide about a guest. */
interface GuestFlags {
  readonly agent?: string
  readonly rule?: string
  readonly model?: string
  readonly modelUrl?: string
  readonly modelApi?: ModelApi
  readonly fallbackModel?: string
}

type Guest = Extract<AgentChoice, { kind: 'guest' }>

const isKnown = (agent: string | undefined): agent is KnownGuest =>
  agent !== undefined && (KNOWN_GUESTS as readonly string[]).includes(agent)

/** Whether `--agent` names a guest. */
export const isGuest = (agent: string | undefined): boolean => agent === 'command' || agent === 'acp' || isKnown(agent)

/** The guest that was asked for with its model, or undefined where none was. @throws GanderError `usage` */
export function chooseGuest(
  flags: GuestFlags,
  command: readonly string[],
  at: { readonly keys: KeySource; readonly cwd: string },
): Guest | undefined {
  if (!isGuest(flags.agent)) return undefined
  if (flags.rule !== undefined)
    throw usage('A guest takes no rule: --rule goes with --agent transform.', 'Leave one of the two out.')
  if (flags.fallbackModel !== undefined)
    throw usage('A guest has one model: --fallback-model does not go with it.', 'Leave --fallback-model out.')
  const guest = guestOf(flags.agent, command)
  const apis = guest.kind === 'known' ? GUEST_APIS[guest.id] : undefined
  const model = chooseModel(withApi(flags, apis, at.keys), at.keys, at.cwd)
  if (model.api === 'recorded')
    throw usage(
      'A recording cannot be played to a guest: it asks in its own words.',
      'Name a model of a provider, or a server with --model-url.',
    )
  if (apis !== undefined && !apis.includes(model.api))
    throw usage(
      `${flags.agent} speaks ${apis.join(' or ')}, and ${model.provider}:${model.model} is asked over ${model.api}.`,
      `Choose a model that is asked over ${apis.join(' or ')} with --model, or say what your server speaks with --model-api.`,
    )
  return { kind: 'guest', guest, model }
}

function guestOf(agent: string | undefined, command: readonly string[]): GuestChoice {
  if (isKnown(agent)) {
    if (command.length > 0)
      throw usage(`--agent ${agent} takes no command: Gander knows how to start it.`, 'Leave out what follows --.')
    return { kind: 'known', id: agent }
  }
  if (command.length === 0)
    throw usage(
      `--agent ${agent} has nothing to start.`,
      'Add the program at the end, such as -- mytool --file {prompt_file}.',
    )
  return { kind: agent === 'acp' ? 'acp' : 'command', argv: command }
}

/** What a provider with several formats, or a server of one's own, is asked over: what the guest speaks. */
function withApi(flags: GuestFlags, apis: readonly ModelApi[] | undefined, keys: KeySource): GuestFlags {
  const [preferred] = apis ?? []
  if (preferred === undefined || flags.modelApi !== undefined) return flags
  if (flags.model === undefined) {
    const provider = preferred === 'anthropic' ? 'anthropic' : 'openai'
    // Without a name the first provider with a key is taken; a guest wants the one it can speak with.
    const other = provider === 'openai' && keyOf('anthropic', keys) !== undefined
    if (other) return flags
    return provider === 'openai' ? { ...flags, modelApi: preferred } : flags
  }
  const provider = flags.model.slice(0, Math.max(0, flags.model.indexOf(':')))
  if (provider === 'anthropic' || provider === 'google' || provider === 'recorded') return flags
  if (provider === 'openai' && preferred === 'anthropic') return flags
  return { ...flags, modelApi: preferred }
}

const usage = (message: string, remedy: string) => new GanderError('usage', message, { remedy })
