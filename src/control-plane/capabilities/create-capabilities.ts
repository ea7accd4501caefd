import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { Capabilities, CapabilityRecord, CapabilityRecords, CapabilityView } from '#ports'
import { BUILT_IN_CAPABILITIES } from './built-in-capabilities.ts'
import { readCapability } from './read-capability.ts'

/** A capability's file of an operator's own: its name without the ending, where it is, and what it says. */
export interface CapabilityFile {
  readonly name: string
  /** As people are shown it. */
  readonly file: string
  readonly source: string
}

interface RegistryParts {
  readonly records: CapabilityRecords
  /** Read anew for each question: a file that was changed counts from the next run on. */
  readonly own: () => Promise<readonly CapabilityFile[]>
}

type Registered = Omit<CapabilityView, 'state' | 'record'> & { readonly holds: boolean }

/** Makes the registry: built-in contracts, an operator's own over them, and the states a tenant has on record. */
export function createCapabilities({ records, own }: RegistryParts): Capabilities {
  const registered = async () => registeredFrom(await own())
  const view = async (tenant: TenantId, id: string): Promise<CapabilityView | undefined> => {
    const found = (await registered()).get(id)
    return found === undefined ? undefined : seen(found, await records.record(tenant, id))
  }
  return {
    async list(tenant) {
      const [all, on_record] = await Promise.all([registered(), records.records(tenant)])
      return [...all.values()].map((each) =>
        seen(
          each,
          on_record.find(({ id }) => id === each.id),
        ),
      )
    },
    view,
    async admit(tenant, id, by) {
      const all = await registered()
      const { grant } = usable(all.get(id) ?? unknown(id, all))
      const record = await records.register(tenant, { id, hash: grant.hash, owner: grant.owner, by })
      if (record.state === 'disabled') throw disabled(record)
      return grant
    },
    async setState(tenant, id, { state, by, reason }) {
      const all = await registered()
      const found = all.get(id) ?? unknown(id, all)
      const hash = found.grant?.hash ?? ''
      const record = await records.move(tenant, { id, state, hash, owner: found.contract?.owner ?? '', by, reason })
      return seen(found, record)
    },
  }
}

const BUILT_IN = BUILT_IN_CAPABILITIES.map((source): Registered => {
  const read = readCapability(source)
  if (!read.ok) throw new GanderError('internal', `A built-in capability does not hold: ${read.refusal.join('; ')}`)
  const { contract, grant } = read.value
  return { id: contract.id, origin: 'built_in', file: contract.id, contract, grant, problems: [], holds: true }
})

/** An operator's file stands for the built-in one of its id, also where it does not hold. */
function registeredFrom(files: readonly CapabilityFile[]): ReadonlyMap<string, Registered> {
  return new Map([...BUILT_IN, ...files.map(ownCapability)].map((each) => [each.id, each]))
}

/** The file's name is the id, so that one that cannot be read is still known by what it was to be. */
function ownCapability({ name, file, source }: CapabilityFile): Registered {
  const broken = (problems: readonly string[]): Registered => ({
    id: name,
    origin: 'operator',
    file,
    contract: null,
    grant: null,
    problems,
    holds: false,
  })
  const read = readCapability(source)
  if (!read.ok) return broken(read.refusal)
  const { contract, grant } = read.value
  if (contract.id !== name) return broken([`id must be ${name}, as the file is named`])
  return { id: name, origin: 'operator', file, contract, grant, problems: [], holds: true }
}

function seen({ holds, ...found }: Registered, record: CapabilityRecord | undefined): CapabilityView {
  return { ...found, state: holds ? (record?.state ?? 'active') : 'invalid', record: record ?? null }
}

function usable({ id, file, grant, problems }: Registered) {
  if (grant !== null) return { grant }
  throw new GanderError('capability_invalid', `The capability ${id} does not hold: ${file}: ${problems.join('; ')}.`)
}

function unknown(id: string, all: ReadonlyMap<string, Registered>): never {
  throw new GanderError(
    'capability_unknown',
    `There is no capability ${JSON.stringify(id)}; there are ${[...all.keys()].sort().join(', ')}.`,
    { facts: { known: [...all.keys()].sort() } },
  )
}

function disabled({ id, changed_by, reason }: CapabilityRecord): GanderError {
  const why = reason === '' ? 'no reason was given' : reason
  return new GanderError('capability_disabled', `The capability ${id} was disabled by ${changed_by}: ${why}.`)
}
