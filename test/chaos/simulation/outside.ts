import type { ApprovalRequest } from '#domain/approval'
import type { TenantId } from '#domain/ids'
import { stopFor, type KillSwitch, type SwitchQuestion } from '#domain/kill-switch'
import type { Bug } from './model-store.ts'
import type { Random } from './random.ts'
import type { Witness } from './witness.ts'

/** How long a gateway believes what it read of the switches; a stop is acknowledged when that has passed. */
export const BELIEVED_MS = 1_000

const ASKED: SwitchQuestion = {
  tenant_id: 'ten_local' as TenantId,
  campaign_id: null,
  repository: '/srv/repository',
  capability: 'any',
}

const THROWN: KillSwitch = {
  scope: { level: 'global' },
  actions: ['cancel_running_runs'],
  epoch: 1,
  moved_by: 'ada',
  moved_at: '2030-01-01T00:00:00.000Z',
  reason: '',
}

interface Parts {
  readonly now: () => number
  readonly random: Random
  readonly witness: Witness
  readonly bug?: Bug | undefined
}

/** The gateways and the forge as a run meets them: each answers a key once, and asks the switches where it acts. */
export class Outside {
  readonly #parts: Parts
  readonly #answers = new Map<string, { readonly value: string; readonly cost: number }>()
  readonly #published = new Set<string>()
  #thrown: readonly KillSwitch[] = []
  #read: { readonly at: number; readonly switches: readonly KillSwitch[] } = { at: -Infinity, switches: [] }

  constructor(parts: Parts) {
    this.#parts = parts
  }

  throwSwitch(): void {
    this.#thrown = [THROWN]
    this.#parts.witness.note('switch thrown')
  }

  releaseSwitch(): void {
    this.#thrown = []
    this.#parts.witness.note('switch released')
  }

  /** What a worker asks in the database before each of its steps. */
  isStopped(): boolean {
    return stopFor({ known: true, switches: this.#thrown }, 'work', ASKED) !== undefined
  }

  mayLease(): boolean {
    return stopFor({ known: true, switches: this.#thrown }, 'lease', ASKED) === undefined
  }

  /** One answer for each key, whoever asks again. */
  call(run: string, key: string): 'stopped' | { readonly value: string; readonly cost: number } {
    const name = `${run}/${key}`
    const known = this.#answers.get(name)
    if (known !== undefined) return known
    if (this.#gatewayStops('work')) return 'stopped'
    this.#parts.witness.effect(run, `call ${key}`)
    const answer = { value: `answer ${this.#answers.size}`, cost: this.#parts.random.between(1, 10) / 10 }
    this.#answers.set(name, answer)
    return answer
  }

  /** Searched for by key before it is made. */
  publish(run: string): 'stopped' | 'published' {
    if (this.#published.has(run)) return 'published'
    if (this.#gatewayStops('publish')) return 'stopped'
    this.#parts.witness.effect(run, 'publish')
    this.#published.add(run)
    return 'published'
  }

  /** Every third run needs a yes before it publishes. */
  fingerprintOf(run: string): string | undefined {
    return run.endsWith('3') || run.endsWith('1') ? `publish ${run}` : undefined
  }

  request(run: string): ApprovalRequest {
    return {
      id: `approval_${run}`,
      kind: 'leave',
      action: 'pull_request.open',
      subject: [run],
      fingerprint: `publish ${run}`,
      policy_version: 'p',
      reason: '',
    }
  }

  /** A gateway reads the switches at most once in the time that it believes them. */
  #gatewayStops(act: 'work' | 'publish'): boolean {
    const believed = this.#parts.bug === 'switch_believed_too_long' ? 20 * BELIEVED_MS : BELIEVED_MS
    const now = this.#parts.now()
    if (now - this.#read.at >= believed) this.#read = { at: now, switches: this.#thrown }
    return stopFor({ known: true, switches: this.#read.switches }, act, ASKED) !== undefined
  }
}
