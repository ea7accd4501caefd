import type { SwitchScope } from '#domain/kill-switch'
import { LOCAL_TENANT } from '#domain/ids'
import type { Controls } from '#ports'
import type { ApiClient } from './api-client.ts'

type Told = <Value>(asked: Promise<Value>) => Promise<Value>

/** What operators hold in their hands, over a server's API. Tenant and name are those of the token, whatever is given. */
export const createHttpControls = (client: ApiClient, told: Told): Controls => ({
  tenant_id: LOCAL_TENANT,
  switches: {
    read: async () => {
      const { items, read_at } = await told(client.switches.list({}))
      // Whether they add up to the moves on record is for the server's own processes to find.
      return { switches: items, moves: items.reduce((sum, { epoch }) => sum + epoch, 0), read_at }
    },
    stop: (scope, actions, _by, reason) =>
      told(client.switches.stop({ body: { scope: scopeOf(scope), actions: [...actions], reason: why(reason) } })),
    resume: (scope, actions, _by, reason) =>
      told(client.switches.resume({ body: { scope: scopeOf(scope), actions: [...actions], reason: why(reason) } })),
  },
  governance: {
    pauseScheduler: (tenant, _by, reason) =>
      told(client.operations.pause({ body: { reason: why(reason), everywhere: tenant === null } })),
    resumeScheduler: async (tenant, _by, reason) =>
      (await told(client.operations.resume({ body: { reason: why(reason), everywhere: tenant === null } }))).resumed,
    schedulerPauses: async () => (await told(client.operations.pauses({}))).items,
    revokeLease: (_tenant, run_id, _by, reason) =>
      told(client.operations.revokeLease({ params: { run_id }, body: { reason: why(reason) } })),
  },
  budgets: {
    list: async () => (await told(client.budgets.list({}))).items,
    outcomes: async () => (await told(client.budgets.outcomes({}))).items,
    setLimit: (_tenant, { kind, subject }, max_cost_usd) =>
      told(client.budgets.set({ body: { kind, subject, max_cost_usd } })),
  },
})

/** The API wants a reason for everything. */
const why = (reason: string): string => (reason.trim() === '' ? 'none was given' : reason)

function scopeOf(scope: SwitchScope) {
  switch (scope.level) {
    case 'global':
    case 'tenant':
      return { level: scope.level }
    case 'campaign':
      return { level: scope.level, subject: scope.campaign_id }
    case 'repository':
      return { level: scope.level, subject: scope.repository }
    case 'capability':
      return { level: scope.level, subject: scope.capability }
    default:
      return scope satisfies never
  }
}
