import { createHash, randomBytes } from 'node:crypto'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createFilesystemArtifacts, tenantHome } from '#adapters/artifacts/filesystem'
import { createLocalForge } from '#adapters/forges/local'
import { createRepositories } from '#adapters/git'
import { trustedKeys, verifierOf } from '#adapters/signing'
import {
  MOST_PACKET_BYTES,
  statementsIn,
  verifyPacket,
  type Patched,
  type VerificationParts,
} from '#evidence-plane/packet'
import { createRedactor } from '#evidence-plane/redaction'
import { GanderError, isGanderError } from '#domain/failure'
import { parseId } from '#domain/ids'
import type { RunEvidence } from '#domain/packet'
import type { PacketVerifier, PacketWish, PinnedSource, Repositories, RunRepository } from '#ports'
import { publicKeys } from './open-signer.ts'
import { keptHome, type PlatformSettings } from './shared-parts.ts'

/** Wires the verification of packets; needs no database, no gateway and no run of this home. */
export function openVerification(settings: PlatformSettings): PacketVerifier {
  return {
    publicKey: async () => (await publicKeys(settings)).join(''),
    statements: async (packet) => statementsIn((await packetFile(pathOf(settings, packet))).text),
    verify: async (wish) => {
      const file = await packetFile(pathOf(settings, wish.packet))
      const scratch = join(settings.home, 'verify', randomBytes(6).toString('hex'))
      try {
        return await verifyPacket(file, await partsOf(settings, wish, scratch))
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    },
  }
}

/** A packet's file, or the one of a run of this home. */
function pathOf(settings: PlatformSettings, packet: string): string {
  const run = parseId('run', packet)
  return run === undefined ? packet : join(keptHome(settings), 'runs', run, 'packet.json')
}

async function partsOf(settings: PlatformSettings, wish: PacketWish, scratch: string): Promise<VerificationParts> {
  const { home } = settings
  const kept = keptHome(settings)
  const repositories = createRepositories({ home, runs: scratch })
  const place: Place = { kept, repositories, wish, found: new Map() }
  const again = async (evidence: RunEvidence) => {
    const { reverification } = await import('./reverify.ts')
    const [base, head] = [sourceOf(place, evidence.base?.commit), headOf(place, evidence)]
    if (base === undefined) throw new Error('a base that was not found is verified again')
    const redactor = settings.redactor ?? createRedactor()
    const { patched } = place
    return reverification({ home, scratch, repositories, redactor, evidence, base, head, ...(patched && { patched }) })
  }
  return {
    keys: verifierOf('evidence', await keysOf(kept, wish)),
    artifact: async ({ task }, sha256) => {
      const store = createFilesystemArtifacts({ home: tenantHome(kept, task.tenant_id) })
      if ((await store.locate(sha256)) === undefined) return undefined
      return store.get(sha256).then(
        () => 'whole' as const,
        () => 'corrupt' as const,
      )
    },
    repository: async (evidence) => repositoryOf(place, evidence),
    again: wish.run ? again : null,
    progress: wish.progress ?? (() => undefined),
  }
}

/** Keys that are given are the only ones believed; without any, those that this home has signed with. */
async function keysOf(kept: string, { keys }: PacketWish): Promise<readonly string[]> {
  if (keys.length === 0) return Object.values(await trustedKeys('evidence', kept))
  const pems = await Promise.all(
    keys.map((path) =>
      readFile(path, 'utf8').catch((cause: unknown) => {
        throw new GanderError('usage', `The key ${path} cannot be read.`, { cause, remedy: 'Check --key.' })
      }),
    ),
  )
  return pems.flatMap((pem) => pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----\n?/g) ?? [pem])
}

/** Bounded before it is read: a stranger's file may be anything. */
async function packetFile(path: string): Promise<{ readonly text: string; readonly sha256: string }> {
  const bytes = await boundedFile(path)
  return { text: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') }
}

async function boundedFile(path: string): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new GanderError('packet_unreadable', `The file ${path} cannot be read.`, { cause })
  })
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new GanderError('packet_unreadable', `${path} is no file.`)
    if (stat.size > MOST_PACKET_BYTES)
      throw new GanderError(
        'packet_unreadable',
        `${path} has ${stat.size} bytes; no packet has more than ${MOST_PACKET_BYTES}.`,
      )
    return await file.readFile()
  } finally {
    await file.close()
  }
}

interface Place {
  readonly kept: string
  readonly repositories: Repositories
  readonly wish: PacketWish
  /** What names led to. */
  readonly found: Map<string, PinnedSource>
  /** The base commit's repository with the tree that the patch gave, once it was applied. */
  patched?: RunRepository
}

const sourceOf = ({ found }: Place, name: string | null | undefined): PinnedSource | undefined =>
  name === null || name === undefined ? undefined : found.get(name)

const headOf = (place: Place, { head }: RunEvidence): PinnedSource | undefined =>
  sourceOf(place, head?.commit) ?? sourceOf(place, head?.branch)

async function repositoryOf(place: Place, evidence: RunEvidence) {
  const { wish, found } = place
  const recorded = evidence.base?.repository ?? evidence.task.repository
  const address = wish.repository ?? recorded
  const places = [address, ...(address === recorded ? await ownForge(place.kept, recorded) : [])]
  return {
    shown: address,
    find: async (name: string) => {
      for (const each of places) {
        const source = await namedIn(place.repositories, each, name)
        if (source === undefined) continue
        found.set(name, source)
        return { commit: source.commit, tree: source.tree }
      }
      return undefined
    },
    patched: () => patchedBase(place, evidence),
  }
}

/** Text that is no longer what the change had: cut out, binary, or of another encoding. */
const INEXACT = /^Binary files |\ufffd|\[redacted:/m

/** Applies the patch that was given, or the one this home kept, to the base commit. */
async function patchedBase(place: Place, evidence: RunEvidence): Promise<Patched> {
  const { wish, kept } = place
  const { patch_sha256 } = evidence.change
  const base = sourceOf(place, evidence.base?.commit)
  if (patch_sha256 === null || base === undefined) return { outcome: 'absent' }
  const store = createFilesystemArtifacts({ home: tenantHome(kept, evidence.task.tenant_id) })
  const bytes = wish.patch === undefined ? await store.get(patch_sha256) : await boundedFile(wish.patch)
  if (bytes === undefined) return { outcome: 'absent' }
  if (createHash('sha256').update(bytes).digest('hex') !== patch_sha256) return { outcome: 'another' }
  if (INEXACT.test(Buffer.from(bytes).toString('utf8'))) return { outcome: 'inexact' }
  const repository = await place.repositories.open(`patched-${randomBytes(6).toString('hex')}`, base)
  const tree = await repository.applyPatch(base.tree, bytes)
  if (tree === undefined) return { outcome: 'unfit' }
  place.patched = repository
  return { outcome: 'gives', tree }
}

/** The bare repository that proposals for a path on this machine went to; none where it took none. */
async function ownForge(kept: string, repository: string): Promise<readonly string[]> {
  const forge = createLocalForge({ home: kept })
  return (await forge.listPullRequests(repository)).length === 0 ? [] : [await forge.pushAddress(repository)]
}

/** A clone knows other people's branches under the name of where it came from. */
async function namedIn(repositories: Repositories, address: string, name: string): Promise<PinnedSource | undefined> {
  for (const each of [name, `origin/${name}`]) {
    try {
      return await repositories.resolve(address, each)
    } catch (error) {
      const absent = isGanderError(error) && (error.code === 'ref_not_found' || error.code === 'repository_empty')
      if (!absent) throw error
    }
  }
  return undefined
}
