import { createHash } from 'node:crypto'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import {
  beyondFacts,
  canonicalMemory,
  lowestTrust,
  MEMORY_LIMITS,
  type ApprovedMemory,
  type MemoryEntry,
  type MemoryProposal,
} from '#domain/memory'
import type {
  DroppedProposals,
  Identifiers,
  MemoryApproval,
  MemoryRecords,
  PersonalClass,
  ProposalBatch,
  ProposalOutcome,
  Redactor,
  RunMemory,
  TenantMemory,
  WeighedProposal,
} from '#ports'

/** One tenant's memory, for its people and for its runs. */
type Memory = TenantMemory & RunMemory

interface MemoryParts {
  readonly tenant: TenantId
  readonly records: MemoryRecords
  readonly redactor: Pick<Redactor, 'redact'>
  readonly identifiers: Identifiers
  /** The rules by which lines of a text read like orders or hide something: the same that ask every text a model is shown. */
  readonly suspicions: (text: string) => Promise<readonly string[]>
}

/** Makes the memory of one tenant over what is on record. */
export function createMemory(parts: MemoryParts): Memory {
  const { tenant, records } = parts
  const view = async (id: string) => (await records.find(tenant, id)) ?? missing(id)
  return {
    view,
    list: (wish) => records.list(tenant, wish),
    approve: async (id, approval) => approve(parts, await view(id), approval),
    forget: async (id, review) => (await records.forget(tenant, id, review)) ?? missing(id),
    approved: async (repository) => {
      const entries = await records.list(tenant, { repository, states: ['approved'] })
      return entries.map(shownOf).sort((a, b) => b.confidence - a.confidence || (a.hash < b.hash ? -1 : 1))
    },
    propose: (batch) => propose(parts, batch),
  }
}

const shownOf = ({ id, kind, text, trust, source, confidence, expires_at, hash }: MemoryEntry): ApprovedMemory => ({
  id,
  kind,
  text,
  trust,
  source,
  confidence,
  expires_at,
  hash,
})

async function approve({ tenant, records }: MemoryParts, entry: MemoryEntry, approval: MemoryApproval) {
  const { despite_flags, ...given } = approval
  if (!Number.isInteger(given.days) || given.days < 1 || given.days > MEMORY_LIMITS.longest_days)
    throw new GanderError('usage', `${given.days} days are not from 1 to ${MEMORY_LIMITS.longest_days}.`, {
      remedy: 'Say for how many days the entry may be used; it can be approved again later.',
    })
  if (entry.text === '') throw new GanderError('memory_changed', `${entry.id} is ${entry.state}, and its text is gone.`)
  if (entry.hash !== given.hash)
    throw new GanderError('memory_changed', `${entry.id} does not say what was approved.`, { facts: { id: entry.id } })
  if (entry.flags.length > 0 && !despite_flags)
    throw new GanderError('memory_flagged', `${entry.id} is odd: ${entry.flags.join(', ')}.`, {
      facts: { id: entry.id, flags: [...entry.flags] },
    })
  const approved = await records.approve(tenant, entry.id, given)
  if (approved === 'full')
    throw new GanderError(
      'memory_full',
      `${MEMORY_LIMITS.approved} entries of ${entry.repository}, or ${MEMORY_LIMITS.approved_of_tenant} in all, are in use already.`,
    )
  if (approved !== undefined && 'conflicts_with' in approved && !('id' in approved))
    throw new GanderError('memory_conflicts', `${entry.id} contradicts ${approved.conflicts_with}, which is in use.`, {
      facts: { id: entry.id, conflicts_with: approved.conflicts_with },
    })
  if (approved === undefined)
    throw new GanderError('memory_changed', `${entry.id} was forgotten or proposed anew meanwhile.`)
  return approved
}

/** What does not fit is refused and never cut: half a sentence may say the opposite. What is dropped is told. */
async function propose(parts: MemoryParts, batch: ProposalBatch): Promise<readonly ProposalOutcome[]> {
  const { proposals, ...source } = batch
  const looked_at = await Promise.all(proposals.slice(0, MEMORY_LIMITS.looked_at).map((each) => weigh(parts, each)))
  const weighed = [...looked_at, ...proposals.slice(MEMORY_LIMITS.looked_at).map(() => FULL)]
  const fit = weighed.filter((each) => 'hash' in each).slice(0, MEMORY_LIMITS.of_run)
  const left = weighed.map((each) => ('hash' in each && !fit.includes(each) ? FULL : each))
  if (left.length === 0) return []
  const dropped = countDropped(left.filter((each) => 'because' in each))
  const outcomes = await parts.records.propose(parts.tenant, { ...source, proposals: fit, dropped })
  const of = new Map(fit.map((each, at) => [each, outcomes[at]]))
  return left.map((each) => ('hash' in each ? (of.get(each) ?? FULL) : each))
}

type Refused = Extract<ProposalOutcome, { kind: 'refused' }>
const FULL: Refused = { kind: 'refused', because: 'full' }

const countDropped = (refused: readonly Refused[]): DroppedProposals =>
  refused.reduce<Record<string, number>>(
    (counts, { because }) => ({ ...counts, [because]: (counts[because] ?? 0) + 1 }),
    {},
  )

/** Data about people is regulated: it outlives no run. Addresses of services stay, since a reviewer is told of them. */
const PERSONAL: readonly PersonalClass[] = ['email_address', 'phone_number', 'iban', 'payment_card']

const isPersonal = (kinds: readonly string[]): boolean => {
  const classes: readonly string[] = PERSONAL
  return kinds.length > 0 && kinds.every((kind) => classes.includes(kind))
}

async function weigh(
  { redactor, identifiers, suspicions }: MemoryParts,
  { kind, text, item, commit, inputs }: MemoryProposal,
): Promise<WeighedProposal | Refused> {
  const canonical = canonicalMemory(text)
  if (canonical === '') return { kind: 'refused', because: 'empty' }
  if (Array.from(canonical).length > MEMORY_LIMITS.text) return { kind: 'refused', because: 'too_long' }
  const from = canonicalMemory(item)
    .slice(0, MEMORY_LIMITS.text / 2)
    .toWellFormed()
  const { count, kinds } = await redactor.redact(`${text}\n${canonical}\n${from}`, { classes: PERSONAL })
  if (count > 0) return { kind: 'refused', because: isPersonal(kinds) ? 'personal' : 'secret' }
  const hash = createHash('sha256').update(`${kind}\n${canonical}`).digest('hex')
  // An operator's words bind and stand unquoted in a context; what is remembered is quoted whoever said it once.
  const trust = lowestTrust(inputs.length === 0 ? [] : ['merged', ...inputs])
  return {
    id: identifiers.make('memory'),
    kind,
    text: canonical,
    hash,
    trust,
    flags: [...new Set([...(await suspicions(`${text}\n${canonical}`)), ...beyondFacts(canonical)])],
    item: from,
    commit,
  }
}

function missing(id: string): never {
  throw new GanderError('memory_not_found', `Nothing is remembered under ${JSON.stringify(id.slice(0, 60))}.`)
}
