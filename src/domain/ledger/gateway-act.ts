import type { LedgerEvent } from '../event/index.ts'
import type { TenantId } from '../ids/index.ts'
import { GENESIS_HASH, type Sha256 } from './chain.ts'

/** The gateways that keep a sequence of their own: what they were asked to do, written before they do it. */
export const GATEWAYS = ['tool', 'model', 'forge', 'mcp'] as const

export type Gateway = (typeof GATEWAYS)[number]

/** How far a gateway's sequence has come. */
export interface GatewayHead {
  readonly gateway: Gateway
  readonly seq: number
  readonly hash: string
}

/** One act as its gateway recorded it, in a transaction before the ledger's. */
export interface GatewayAct {
  readonly tenant_id: TenantId
  readonly gateway: Gateway
  /** Position in the gateway's sequence of the tenant, from 1 without gaps. */
  readonly seq: number
  readonly run_id: string
  /** The step or call it is, such as `tool:0:3:1`, `mcp:tool:0:4:0` or `run_…/12/0`. */
  readonly key: string
  readonly request_hash: string
  readonly at: string
  readonly previous_hash: string
  readonly hash: string
  /** What the event of it names: a call's key, the hash of a tool's arguments; null while nothing says it. */
  readonly names: string | null
  /** True once the outcome is on record, and with it the event. */
  readonly settled: boolean
}

/** What events of calls to foreign servers are about; those of the platform's own tools are about a `tool`. */
export const FOREIGN_TOOL = 'foreign_tool'

/** Where every gateway's sequence begins. */
export const gatewayStart = (gateway: Gateway): GatewayHead => ({ gateway, seq: 0, hash: GENESIS_HASH })

/** The hash of one act over what its gateway wrote; the same text is hashed in the database. */
export const actHash = (act: GatewayAct, sha256: Sha256): string =>
  sha256(
    [
      'gander.gateway.v1',
      act.tenant_id,
      act.gateway,
      act.seq,
      act.previous_hash,
      act.run_id,
      act.key,
      act.request_hash,
    ].join('\n'),
  )

/** The act an event tells of, and whether a gateway must have recorded it; undefined for events of no gateway. */
export function actTold({
  event,
  facts,
  run_id,
  resource_type,
}: Pick<LedgerEvent, 'event' | 'facts' | 'run_id' | 'resource_type'>):
  | { readonly gateway: Gateway; readonly names: string; readonly required: boolean }
  | undefined {
  const said = (name: string) => {
    const fact = facts[name]
    return typeof fact === 'string' ? fact : ''
  }
  // A call that policy or a missing key stopped never became an act of the gateway.
  if (event === 'model_called')
    return { gateway: 'model', names: said('call_key'), required: facts['outcome'] === 'answered' }
  if (event === 'model_call_unknown') return { gateway: 'model', names: said('call_key'), required: true }
  if (event === 'tool_call_requested')
    return {
      gateway: resource_type === FOREIGN_TOOL ? 'mcp' : 'tool',
      names: `${run_id ?? ''}/${said('args_hash')}`,
      required: true,
    }
  return event === 'branch_pushed' ? { gateway: 'forge', names: run_id ?? '', required: true } : undefined
}
