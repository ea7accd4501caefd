import { isGanderError } from '#domain/failure'
import type { Platform } from '#ports'
import type { ApiClient } from './api-client.ts'

type Told = <Value>(asked: Promise<Value>) => Promise<Value>

/** Approvals, autonomy and capabilities over a server's API. Whoever the token speaks for acts, whatever name is given. */
export const createHttpGoverned = (
  client: ApiClient,
  told: Told,
): Pick<Required<Platform>, 'desk' | 'autonomy' | 'capabilities'> => ({
  desk: {
    waiting: async () => (await told(client.approvals.waiting({}))).items,
    revoke: async (run_id, { reason }) =>
      void (await told(client.approvals.revoke({ params: { run_id }, body: { reason } }))),
  },
  autonomy: {
    view: async () => (await told(client.autonomy.view({}))).items,
    move: (task_class, { to, reason, override }) =>
      told(client.autonomy.move({ params: { task_class }, body: { to, reason: why(reason), override } })),
    gates: async () => (await told(client.gates.view({}))).items,
    calibrated: async ({ repository, corpus, gates }) => {
      const counts = gates.map(({ gate, caught, false_alarms }) => ({ gate, caught, false_alarms }))
      return (await told(client.gates.record({ body: { repository, corpus, gates: counts } }))).moves
    },
  },
  capabilities: {
    list: async () => (await told(client.capabilities.list({}))).items,
    view: async (capability) => {
      try {
        return await told(client.capabilities.get({ params: { capability } }))
      } catch (error) {
        if (isGanderError(error, 'capability_unknown')) return undefined
        throw error
      }
    },
    setState: (capability, { state, reason }) => {
      const move = { params: { capability }, body: { reason: why(reason) } }
      return told(state === 'active' ? client.capabilities.enable(move) : client.capabilities.disable(move))
    },
  },
})

/** The API wants a reason for everything. */
const why = (reason: string): string => (reason.trim() === '' ? 'none was given' : reason)
