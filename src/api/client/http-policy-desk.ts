import { GanderError, isGanderError } from '#domain/failure'
import type { PolicyDesk, PolicyPlace, PolicyText, PolicyTexts } from '#ports'
import { createTellingClient, type TellingClient } from './telling-client.ts'
import type { ServerAddress } from './api-client.ts'

/** Reads what is on the disk of whoever asks. */
interface PolicyReader {
  /** A policy folder, a repository or a signed policy. @throws GanderError `usage` */
  readonly policy: (place: string) => Promise<PolicyTexts>
  readonly test: (file: string) => Promise<PolicyText>
}

/** What people do with policies, over a server's API: the files are theirs, the record is the server's. */
export function createHttpPolicyDesk(address: ServerAddress, read: PolicyReader): PolicyDesk {
  const asked = createTellingClient(address)
  const { client, told } = asked
  const wordsOf = async (place: PolicyPlace) => (typeof place === 'string' ? read.policy(place) : (place ?? null))
  const testsOf = (files: readonly (string | PolicyText)[]) =>
    Promise.all(files.map(async (file) => (typeof file === 'string' ? read.test(file) : file)))
  return {
    check: async (place) => {
      const report = await told(client.policies.check({ body: { policy: await wordsOf(place) } }))
      return { ...report, place: typeof place === 'string' ? place : report.place }
    },
    test: async (place, files) => {
      const body = { policy: await wordsOf(place), tests: await testsOf(files) }
      return (await told(client.policies.test({ body }))).items
    },
    explain: async (place, wish) =>
      told(client.policies.explain({ body: { policy: await wordsOf(place), wish: given(wish) } })),
    decision: async (id) => {
      try {
        return await told(client.policies.decision({ params: { decision_id: id as never } }))
      } catch (error) {
        if (isGanderError(error, 'policy_not_found')) return undefined
        throw error
      }
    },
    diff: async (before, after) => {
      const named = typeof before !== 'string' || before === 'active' || /^[0-9a-f]{64}$/.test(before)
      const from = named ? before : await read.policy(before)
      return (await told(client.policies.diff({ body: { before: from, after: await wordsOf(after) } }))).items
    },
    replay: async (place, since) => told(client.policies.replay({ body: { policy: await wordsOf(place), since } })),
    sign: async () => {
      throw new GanderError('usage', 'A key signs where it is kept; no server is asked to.', {
        remedy: 'Sign without --server, then activate the signed policy with it.',
      })
    },
    keep: async (place) => keep(asked, await wordsOf(place)),
    activate: async (place, { reason, instead_of }) => {
      const { sha256, signature } = await keep(asked, await wordsOf(place))
      const body = { sha256, reason: reason.trim() === '' ? 'none was given' : reason, ...(signature && { signature }) }
      if (instead_of !== undefined)
        throw new GanderError('usage', 'Over a server the ETag of the active policy names what is replaced.')
      const active = await told(client.policies.activate({ headers: {}, body }))
      return { ...active, signature }
    },
    versions: (page) => told(client.policies.versions({ query: page })),
    show: () => told(client.policies.shown({})),
    close: async () => {},
  }
}

/** The server's own files are its own business; over an API a policy is always given. */
async function keep({ client, told }: TellingClient, policy: PolicyTexts | null) {
  if (policy !== null) return told(client.policies.create({ body: { policy } }))
  throw new GanderError('usage', 'Over a server it must be said which policy is meant.', {
    remedy: 'Give a policy folder, a file, or a signed policy.',
  })
}

/** What a wish says, without what it leaves out. */
function given({ action, paths, argv, host, mode, capability, repository }: Parameters<PolicyDesk['explain']>[1]) {
  return {
    ...(action !== undefined && { action }),
    ...(paths !== undefined && { paths: [...paths] }),
    ...(argv !== undefined && { argv: [...argv] }),
    ...(host !== undefined && { host }),
    ...(mode !== undefined && { mode }),
    ...(capability !== undefined && { capability }),
    ...(repository !== undefined && { repository }),
  }
}
