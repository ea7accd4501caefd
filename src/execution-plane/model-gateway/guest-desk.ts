import { randomBytes } from 'node:crypto'
import { GanderError } from '#domain/failure'
import type { GuestAdmission } from '#ports'
import { digest, type Channel, type GuestReply, type GuestRequest, type GuestWorld } from './guest-channel.ts'
import { answerGuest } from './guest-request.ts'
import { createRequestRedactor } from './redact-request.ts'

/** A state of the run that could not be read for this long counts as stopped. */
const UNKNOWN_MS = 10_000
const WATCH_MS = 1_000
/** Encodings make a value longer; pieces of texts are held back for as long as the longest could be. */
const LONGEST_ENCODING = 4
const LEAST_OVERLAP = 256

/** One admitted start of a guest. */
interface GuestDoor {
  /** Names the channel to whoever holds its socket. */
  readonly id: string
  readonly token: string
  /** Answers one request that came over this channel's socket. Never throws for what the guest or provider does. */
  answer(request: GuestRequest): Promise<GuestReply>
  /** Ends the channel; calls in flight are finished and settled first. */
  close(): Promise<void>
  /** Resolves when the channel is over: closed, or its run lost, cancelled or unknown for too long. */
  readonly over: Promise<void>
}

/** The gateway's side of guests. */
export interface GuestDesk {
  /** @throws GanderError `model_not_allowed`, `model_without_price`, `lease_lost` */
  admit(admission: GuestAdmission): Promise<GuestDoor>
  takeKeys(keys: { readonly [provider: string]: string }): void
}

/** Makes the desk of one gateway process. */
export function createGuestDesk(world: GuestWorld): GuestDesk {
  const keys = new Map<string, string>()
  const requests = createRequestRedactor(world.redactor)
  let longest = 0
  const register = (name: string, value: string): void => {
    world.redactor.register(name, value)
    longest = Math.max(longest, value.length)
    requests.forget()
  }
  return {
    takeKeys(given) {
      for (const [provider, key] of Object.entries(given)) {
        if (key === '') continue
        keys.set(provider, key)
        register(`${provider} key`, key)
      }
    },
    async admit(admission) {
      const { model, tenant_id, run_id, fence, key_prefix } = admission
      const start = { tenant_id, run_id, fence, key_prefix }
      check(admission, keys.has(model.provider))
      const standing = await world.budget.standing(start)
      if (standing !== 'held')
        throw new GanderError('lease_lost', `Run ${run_id} is not held by who asks for a guest's channel: ${standing}.`)
      const taken = await world.budget.exchanges(start)
      const refusal = await refusalOf(world, admission)
      if (refusal !== undefined) {
        const { error, policy_version } = refusal
        const asked = { n: taken.length + 1, model, request_sha256: '', policy_version }
        await world.budget.refuse(start, asked, error.code)
        throw error
      }
      const token = `gdr_${randomBytes(32).toString('base64url')}`
      register('run token', token)
      const killer = new AbortController()
      const channel: Channel = {
        world,
        admission,
        start,
        token_sha256: digest(token),
        requests,
        key: keys.get(model.provider),
        overlap: () => Math.max(LEAST_OVERLAP, longest * LONGEST_ENCODING),
        killed: killer.signal,
        n: taken.length,
        refusals: 0,
        told: { mark: 0, cuts: 0 },
        in_flight: 0,
        closing: false,
      }
      return open(channel, token, killer)
    },
  }
}

/** Why the run's own model may not be asked, with the version of the policy that says so. */
async function refusalOf({ prices, rules }: GuestWorld, { model, task_class, data_class }: GuestAdmission) {
  const unpriced = `Nothing is known about the price of ${model.provider}:${model.model}.`
  if (prices.priceOf(model) === undefined)
    return { error: new GanderError('model_without_price', unpriced), policy_version: '' }
  const decision = await rules.decide({ model, use: 'guest', task_class, data_class })
  if (decision.allowed) return undefined
  return { error: new GanderError('model_not_allowed', decision.message), policy_version: decision.policy_version }
}

function check({ model, run_id }: GuestAdmission, has_key: boolean): void {
  const named = `${model.provider}:${model.model}`
  if (model.api === 'recorded')
    throw new GanderError(
      'model_not_allowed',
      `${named} is a recording, which has no wire format a guest could speak.`,
      {
        remedy: 'Give a guest a model over anthropic, openai-chat, openai-responses or google.',
      },
    )
  if (model.url === null && !has_key)
    throw new GanderError('model_not_allowed', `The gateway holds no key for ${model.provider}, run ${run_id}.`, {
      remedy: `Set its key in the environment or run \`gander login ${model.provider}\`, then continue the run.`,
    })
}

function open(channel: Channel, token: string, killer: AbortController): GuestDoor {
  const over = Promise.withResolvers<void>()
  let seen_at = channel.world.clock.now()
  let looking = false
  const end = (): void => {
    clearInterval(watch)
    channel.closing = true
    over.resolve()
  }
  const watch = setInterval(() => void look(), WATCH_MS)
  watch.unref()
  return {
    id: randomBytes(8).toString('hex'),
    token,
    over: over.promise,
    answer: (request) => answerGuest(channel, request),
    async close() {
      channel.closing = true
      while (channel.in_flight > 0 && !channel.killed.aborted) await channel.world.clock.sleep(20)
      end()
    },
  }

  async function look(): Promise<void> {
    if (channel.world.clock.now() - seen_at > UNKNOWN_MS) return kill('the state of the run is unknown')
    if (looking) return
    looking = true
    try {
      const standing = await channel.world.budget.standing(channel.start)
      seen_at = channel.world.clock.now()
      if (standing !== 'held') kill(standing)
    } catch {
      // The state stays as old as it is; the limit above decides.
    } finally {
      looking = false
    }
  }

  function kill(why: string): void {
    killer.abort(new Error(why))
    end()
  }
}
