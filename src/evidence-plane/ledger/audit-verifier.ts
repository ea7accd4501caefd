import type { LedgerEvent } from '#domain/event'
import {
  actHash,
  CHAIN_START,
  checkpointDefects,
  gatewayStart,
  linkHash,
  type AuditDefect,
  type AuditDefectKind,
  type AuditReport,
  type ChainPosition,
  type Gateway,
  type GatewayAct,
  type GatewayHead,
  type Sha256,
  type SignedCheckpoint,
  type VerifySignature,
} from '#domain/ledger'
import { pairActs } from './pair-acts.ts'

/** Takes a tenant's history record by record and says in the end what is wrong with it. */
export interface AuditVerifier {
  /** `withheld`: the facts were cut out of an export, so only its place can be checked. */
  event(event: LedgerEvent, withheld?: boolean): void
  act(act: GatewayAct): void
  /** In order, each after the event it signs. */
  checkpoint(checkpoint: SignedCheckpoint): void
  artifact(): void
  defect(kind: AuditDefectKind, where: string, detail: string): void
  report(): AuditReport
}

interface Verifying {
  readonly tenant_id: string
  readonly sha256: Sha256
  readonly verify: VerifySignature
  /** False where older records were left out: the first event's own word is taken for what came before it. */
  readonly is_whole: boolean
}

const MOST_DEFECTS = 1_000
/** Runs whose count is remembered; of an older one the next count is taken as it comes. */
const MOST_RUNS = 100_000
/** Acts after the last checkpoint whose hashes are remembered. */
const MOST_ACTS = 100_000

/** Everything one verification carries along. */
interface State extends Verifying {
  head: ChainPosition
  events: number
  acts: number
  artifacts: number
  withheld: number
  checkpoints: number
  last?: SignedCheckpoint
  readonly runs: Map<string, number>
  has_forgotten: boolean
  readonly gateways: Map<Gateway, Sequence>
  readonly defects: AuditDefect[]
  defect_count: number
}

interface Sequence {
  head: GatewayHead
  /** Hashes since the last checkpoint, and those a checkpoint has named before the act came. */
  readonly recent: Map<number, string>
  readonly awaited: Map<number, string>
}

/** Makes a verifier; what it holds is bounded, whatever the length of the history. */
export function createAuditVerifier(given: Verifying): AuditVerifier {
  const state: State = {
    ...given,
    head: CHAIN_START,
    events: 0,
    acts: 0,
    artifacts: 0,
    withheld: 0,
    checkpoints: 0,
    runs: new Map(),
    has_forgotten: !given.is_whole,
    gateways: new Map(),
    defects: [],
    defect_count: 0,
  }
  const pairing = pairActs(given.is_whole)
  return {
    event: (event, withheld = false) => {
      takeEvent(state, event, withheld)
      if (!withheld) pairing.event(event)
    },
    act: (act) => {
      takeAct(state, act)
      pairing.act(act)
    },
    checkpoint: (checkpoint) => takeCheckpoint(state, checkpoint),
    artifact: () => void (state.artifacts += 1),
    defect: (kind, where, detail) => say(state, kind, where, detail),
    report: () => {
      const { open, defects } = pairing.rest()
      for (const { kind, where, detail } of defects) say(state, kind, where, detail)
      for (const [gateway, { head, awaited }] of state.gateways)
        for (const seq of awaited.keys())
          say(state, 'act_truncated', `${gateway} act ${seq}`, `the sequence ends at ${head.seq}`)
      return reportOf(state, open)
    },
  }
}

function reportOf(state: State, open_acts: number): AuditReport {
  const { tenant_id, events, acts, artifacts, checkpoints, head, withheld, defects, defect_count } = state
  const gateways = [...state.gateways.values()].map((sequence) => sequence.head)
  const unwitnessed = Math.max(0, head.seq - (state.last?.seq ?? 0))
  const counts = { events, acts, artifacts, checkpoints, withheld, open_acts, unwitnessed }
  return { tenant_id, ...counts, head, gateways, defects, defect_count }
}

function say(state: State, kind: AuditDefectKind, where: string, detail: string): void {
  state.defect_count += 1
  if (state.defects.length < MOST_DEFECTS) state.defects.push({ kind, where, detail })
}

function takeEvent(state: State, { hash, ...event }: LedgerEvent, withheld: boolean): void {
  const { seq } = event
  const where = `event ${seq}`
  const is_first = state.events === 0 && !state.is_whole
  const before = is_first ? { seq: seq - 1, hash: event.previous_hash } : state.head
  state.events += 1
  if (withheld) state.withheld += 1
  if (event.tenant_id !== state.tenant_id) say(state, 'foreign_tenant', where, event.tenant_id)
  if (seq === before.seq)
    say(state, 'duplicate', where, `twice, as ${before.hash.slice(0, 12)} and ${hash.slice(0, 12)}`)
  else if (seq < before.seq) say(state, 'reordered', where, `after event ${before.seq}`)
  else if (seq > before.seq + 1) say(state, 'gap', where, `event ${before.seq + 1} to ${seq - 1} are not there`)
  if (event.previous_hash !== before.hash)
    say(
      state,
      'wrong_previous',
      where,
      `names ${event.previous_hash.slice(0, 12)}, before it stands ${before.hash.slice(0, 12)}`,
    )
  if (!withheld && linkHash(event, state.sha256) !== hash)
    say(state, 'wrong_hash', where, `${event.event} of ${event.created_at}`)
  countInRun(state, event)
  state.head = { seq, hash }
}

/** Each run counts its own events from 1, so one that is missing shows even in a chain that was made anew. */
function countInRun(state: State, { seq, run_id, run_seq }: Pick<LedgerEvent, 'seq' | 'run_id' | 'run_seq'>): void {
  if (run_id === null || run_seq === null) return
  const { runs } = state
  const before = runs.get(run_id)
  if (before === undefined ? run_seq !== 1 && !state.has_forgotten : run_seq !== before + 1)
    say(state, 'wrong_run_order', `event ${seq}`, `${run_id} counts ${run_seq} after ${before ?? 0}`)
  runs.delete(run_id)
  runs.set(run_id, run_seq)
  if (runs.size <= MOST_RUNS) return
  const [oldest = ''] = runs.keys()
  runs.delete(oldest)
  state.has_forgotten = true
}

function sequenceOf(state: State, gateway: Gateway): Sequence {
  const known = state.gateways.get(gateway)
  if (known !== undefined) return known
  const made: Sequence = { head: gatewayStart(gateway), recent: new Map(), awaited: new Map() }
  state.gateways.set(gateway, made)
  return made
}

function takeAct(state: State, act: GatewayAct): void {
  const { gateway, seq, hash } = act
  const where = `${gateway} act ${seq}`
  const sequence = sequenceOf(state, gateway)
  const is_first = sequence.head.seq === 0 && !state.is_whole
  const before = is_first ? { seq: seq - 1, hash: act.previous_hash } : sequence.head
  state.acts += 1
  if (seq !== before.seq + 1) say(state, 'act_gap', where, `stands after act ${before.seq}`)
  if (act.previous_hash !== before.hash) say(state, 'act_wrong_previous', where, `${act.run_id} ${act.key}`)
  if (actHash(act, state.sha256) !== hash) say(state, 'act_wrong_hash', where, `${act.run_id} ${act.key}`)
  compareAct(state, { gateway, seq, hash }, sequence.awaited.get(seq))
  sequence.awaited.delete(seq)
  sequence.head = { gateway, seq, hash }
  sequence.recent.set(seq, hash)
  if (sequence.recent.size > MOST_ACTS)
    for (const oldest of [...sequence.recent.keys()].slice(0, 1)) sequence.recent.delete(oldest)
}

function compareAct(state: State, { gateway, seq, hash }: GatewayHead, signed: string | undefined): void {
  if (signed !== undefined && signed !== hash)
    say(
      state,
      'act_forked',
      `${gateway} act ${seq}`,
      `is ${hash.slice(0, 12)}, a checkpoint says ${signed.slice(0, 12)}`,
    )
}

function takeCheckpoint(state: State, checkpoint: SignedCheckpoint): void {
  const { number, seq, hash } = checkpoint
  const where = `checkpoint ${number}`
  state.checkpoints += 1
  for (const { kind } of checkpointDefects(checkpoint, state.last, state))
    say(state, kind, where, `made ${checkpoint.made_at} with key ${checkpoint.key_id.slice(0, 12)}`)
  if (checkpoint.tenant_id !== state.tenant_id) say(state, 'foreign_tenant', where, checkpoint.tenant_id)
  const is_before_the_first = state.events === 0 && !state.is_whole
  if (!is_before_the_first && seq > state.head.seq)
    say(state, 'truncated', where, `knows event ${seq}, the chain ends at ${state.head.seq}`)
  else if (seq === state.head.seq && hash !== state.head.hash)
    say(state, 'forked', where, `says ${hash.slice(0, 12)} of event ${seq}, which is ${state.head.hash.slice(0, 12)}`)
  for (const head of checkpoint.gateways) takeSignedHead(state, head)
  state.last = checkpoint
}

function takeSignedHead(state: State, { gateway, seq, hash }: GatewayHead): void {
  const sequence = sequenceOf(state, gateway)
  const is_before_the_first = sequence.head.seq === 0 && !state.is_whole
  if (seq > sequence.head.seq && !is_before_the_first) {
    sequence.awaited.set(seq, hash)
    return
  }
  const found = sequence.recent.get(seq)
  if (found !== undefined) compareAct(state, { gateway, seq, hash: found }, hash)
  for (const older of sequence.recent.keys()) if (older < seq) sequence.recent.delete(older)
}
