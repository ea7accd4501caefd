import { request as requestHttp } from 'node:http'
import type { GuestAdmission, RunStore } from '#ports'
import type { ModelChoice } from '#domain/task'
import { createRunStore, type Database } from '#adapters/postgres'
import { identifiers } from '../database.ts'
import { leased } from '../store-fixtures.ts'

export interface GuestAsk {
  readonly socket: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly method?: string
}

/** One request over a guest's socket, as a guest would send it. */
export function askAsGuest(ask: GuestAsk): Promise<{ readonly status: number; readonly text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const body = typeof ask.body === 'string' ? ask.body : JSON.stringify(ask.body ?? {})
  const request = requestHttp(
    {
      socketPath: ask.socket,
      path: ask.path,
      method: ask.method ?? 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...ask.headers },
    },
    (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    },
  )
  request.on('error', reject)
  request.end(body)
  return promise
}

const storeOf = (database: Database): RunStore => createRunStore({ database, identifiers })

/** A run that this process holds, and an admission for a guest of it. */
export async function admissionFor(
  database: Database,
  model: ModelChoice,
  limits: { readonly max_cost_usd?: number; readonly max_tokens?: number } = {},
): Promise<GuestAdmission> {
  const { run, lease } = await leased(storeOf(database), { limits })
  return {
    run_id: run.id,
    tenant_id: run.tenant_id,
    fence: lease.fence,
    key_prefix: `${run.id}/guest/1`,
    model,
    task_class: 'code_change',
    data_class: 'internal',
  }
}
