import { repeatedRequests, type MemoryProposal, type PersonsRequest } from '#domain/memory'
import { CODEOWNERS_PLACES, ownersOf, readCodeOwners } from '#execution-plane/repository-intelligence'
import type { Execution } from './execution.ts'

/** Runs that are looked through for earlier ones of the repository, and those of them whose reviews are read. */
const MOST_LOOKED_AT = 100
const MOST_READ = 20
const MOST_FOLDERS = 2
const MOST_OWNERS = 5

/** What people asked of this run and of earlier ones of its repository; read only where this one was asked something. */
export async function askedByPeople({ parts, run, task }: Execution): Promise<readonly MemoryProposal[]> {
  const now = await requestsTo(parts.store, run.id)
  if (now.length === 0) return []
  const runs = await parts.store.list(run.tenant_id, MOST_LOOKED_AT)
  const earlier = runs
    .filter((each) => each.run.id !== run.id && each.task.repository === task.repository)
    .slice(0, MOST_READ)
  const before = await Promise.all(earlier.map((each) => requestsTo(parts.store, each.run.id)))
  // Runs come newest first, and the oldest words stand for all that are like them.
  return repeatedRequests(before.toReversed().flat(), now)
}

async function requestsTo(
  store: Execution['parts']['store'],
  run: Execution['run']['id'],
): Promise<readonly PersonsRequest[]> {
  const approvals = await store.approvals(run)
  return approvals.flatMap(({ decision, decision_reason }, at) =>
    decision === 'changes_requested' && decision_reason !== null
      ? [{ said_in: `${run} ${at}`, words: decision_reason }]
      : [],
  )
}

/** Who answers for the folders of the change, by the base commit's CODEOWNERS; people's addresses are left out. */
export async function ownersOfChange(execution: Execution): Promise<readonly MemoryProposal[]> {
  const { change, repository } = execution.found
  if (change === undefined || repository === undefined) return []
  const { tree, commit } = repository.source
  const there = new Set((await repository.listFiles(tree)).map(({ path }) => path))
  const place = CODEOWNERS_PLACES.find((path) => there.has(path))
  const bytes = place === undefined ? undefined : await repository.readFile(tree, place)
  if (place === undefined || bytes === undefined) return []
  const rules = readCodeOwners(new TextDecoder().decode(bytes))
  const owned = new Map<string, readonly string[]>()
  for (const { path } of change.files) {
    const owners = ownersOf(rules, path).filter((owner) => owner.startsWith('@'))
    if (owners.length > 0 && owners.length <= MOST_OWNERS) owned.set(folderOf(path), owners)
  }
  return [...owned].slice(0, MOST_FOLDERS).map(([folder, owners]) => ({
    kind: 'ownership',
    text: `${folder === '.' ? 'The root' : `\`${folder}\``} is looked after by ${owners.join(', ')} (${place}).`,
    item: `owners of ${folder}`,
    commit,
    inputs: ['merged'],
  }))
}

const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.')
