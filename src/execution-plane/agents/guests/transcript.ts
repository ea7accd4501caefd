import { createHash } from 'node:crypto'
import { redactionEvents, type EventDraft } from '#domain/event'
import type { RunArtifact } from '#ports'
import type { GuestEvent } from './guest-cli.ts'
import type { GuestParts } from './guest-parts.ts'

/** Characters of a transcript that are kept; the record of tool calls goes on beyond it. */
const MAX_KEPT = 2_000_000
const MAX_WORDS = 20_000
/** Tool calls of one turn that become events of their own. */
const MAX_EVENTS = 2_000
const MAX_OPEN = 1_000

/** What a guest said and did in one turn: tool calls as events while they happen, everything as a transcript after it. */
export class Transcript {
  readonly #parts: GuestParts
  readonly #open = new Map<string, { readonly tool: string; readonly args_hash: string }>()
  readonly #lines: string[] = []
  #kept = 0
  #noted: Promise<void> = Promise.resolve()
  #lastSaid = ''
  #isSaying = false
  calls = 0
  conclusion: { readonly text: string; readonly is_error: boolean } | undefined

  constructor(parts: GuestParts) {
    this.#parts = parts
  }

  /** What the guest said last. */
  get lastWords(): string {
    return this.conclusion === undefined || this.conclusion.text === '' ? this.#lastSaid : this.conclusion.text
  }

  add(event: GuestEvent): void {
    if (event.kind === 'said_on') return this.#sayOn(event.text)
    this.#isSaying = false
    switch (event.kind) {
      case 'tool_called':
        this.calls += 1
        if (this.#open.size < MAX_OPEN)
          this.#open.set(event.id, { tool: event.tool.slice(0, 100), args_hash: hash(JSON.stringify(event.args)) })
        return this.#keep(event)
      case 'tool_answered':
        this.#answered(event)
        return this.#keep({ ...event, text: event.text.slice(0, MAX_WORDS) })
      case 'said':
        this.#lastSaid = event.text
        return this.#keep(event)
      case 'concluded':
        this.conclusion = event
        return this.#keep(event)
      default:
        return event satisfies never
    }
  }

  #sayOn(text: string): void {
    this.#lastSaid = this.#isSaying ? `${this.#lastSaid}${text}`.slice(0, MAX_WORDS) : text
    this.#isSaying = true
    this.#keep({ kind: 'said', text })
  }

  addWords(text: string): void {
    this.#keep({ kind: 'words', text })
  }

  #keep(line: object): void {
    const text = JSON.stringify(line)
    this.#kept += text.length
    if (this.#kept <= MAX_KEPT) this.#lines.push(text)
  }

  #answered({ id, text, is_error }: Extract<GuestEvent, { kind: 'tool_answered' }>): void {
    const call = this.#open.get(id)
    if (call === undefined || this.calls > MAX_EVENTS) return
    this.#open.delete(id)
    const { tool, args_hash } = call
    const guest = this.#parts.found.id
    const facts = { guest, tool, args_hash, output_hash: hash(text), is_error }
    const event: EventDraft = {
      event: 'guest_tool_called',
      facts,
      actor_type: 'agent',
      actor: guest,
      resource_type: 'tool',
      resource_id: tool,
    }
    // One after another; a store that refuses has lost the lease, which ends the turn by its own way.
    this.#noted = this.#noted.then(() => this.#parts.note([event])).catch(() => undefined)
  }

  /** Waits for the events and stores the whole, redacted. */
  async store(
    name: string,
    errors: string,
  ): Promise<{ readonly artifact: RunArtifact; readonly redacted: readonly EventDraft[] }> {
    await this.#noted
    const whole = [...this.#lines, JSON.stringify({ kind: 'errors', text: errors.slice(-MAX_WORDS) })].join('\n')
    const { text, ...cut } = await this.#parts.redactor.redact(whole)
    const ref = await this.#parts.artifacts.put(text)
    const redacted = redactionEvents('guest_transcript', cut)
    return { artifact: { ...ref, kind: 'guest_transcript', name, data_class: 'internal' }, redacted }
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
