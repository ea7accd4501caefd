import type { RunEvidence } from '#domain/packet'
import type { PacketCheck } from '#ports'
import { isUnpublished } from '../make-statements.ts'
import { fail, notChecked, pass, short } from './check.ts'

/** A commit as a repository has it now. */
interface Found {
  readonly commit: string
  readonly tree: string
}

/** The repository that a packet is held against. */
export interface PacketRepository {
  /** As a person named it. */
  readonly shown: string
  /** What a branch or a commit id names in it now; undefined where it has none of that name. */
  find(name: string): Promise<Found | undefined>
  /** Applies the patch of a change that was published nowhere to the base commit. */
  patched(): Promise<Patched>
}

/**
 * What became of a patch: `gives` a tree; `absent` where nobody has it; `another` where it does not have its hash;
 * `inexact` where text was cut out of it or it leaves binary content out; `unfit` where it does not apply.
 */
export type Patched =
  | { readonly outcome: 'gives'; readonly tree: string }
  | { readonly outcome: 'absent' | 'another' | 'inexact' | 'unfit' }

/** Holds base and head of the evidence against what the repository has now. A packet expires when either has moved. */
export async function checkRepository(
  evidence: Pick<RunEvidence, 'base' | 'head' | 'change'>,
  repository: PacketRepository,
): Promise<readonly PacketCheck[]> {
  const { base, head, change } = evidence
  if (base === null) {
    const why = 'the run ended before it had a commit to start from'
    return (['base_commit', 'base_current', 'subject', 'head_current'] as const).map((check) => notChecked(check, why))
  }
  const of_base = await checkBase(base, repository)
  const held = of_base.every(({ check, answer }) => check !== 'base_commit' || answer === 'pass')
  if (head !== null && isUnpublished({ head }) && change.patch_sha256 !== null) {
    const subject = held
      ? subjectByPatch(head.tree, change.patch_sha256, await repository.patched())
      : notChecked('subject', 'the base commit does not hold')
    return [...of_base, subject, notChecked('head_current', 'the change was published nowhere, so nothing can move')]
  }
  return [...of_base, ...(await checkHead(head, repository))]
}

async function checkBase(
  base: NonNullable<RunEvidence['base']>,
  repository: PacketRepository,
): Promise<readonly PacketCheck[]> {
  const { shown } = repository
  const held = await repository.find(base.commit)
  const current = await checkCurrent(base, repository)
  if (held === undefined)
    return [fail('base_commit', `${shown} has no commit ${short(base.commit)}.`, GIVE_REPOSITORY), current]
  if (held.tree !== base.tree)
    return [
      fail('base_commit', `The commit ${short(base.commit)} has another tree than the packet says.`, DENY),
      current,
    ]
  return [pass('base_commit', `${short(base.commit)} with the tree ${short(base.tree)}`), current]
}

async function checkCurrent(
  base: NonNullable<RunEvidence['base']>,
  repository: PacketRepository,
): Promise<PacketCheck> {
  if (base.ref === base.commit) return notChecked('base_current', 'the run began at a commit, which no branch moves')
  const now = await repository.find(base.ref)
  if (now === undefined)
    return fail('base_current', `${repository.shown} has no ${base.ref} any more.`, GIVE_REPOSITORY)
  if (now.commit === base.commit) return pass('base_current', `${base.ref} is still at ${short(base.commit)}`)
  return fail(
    'base_current',
    `${base.ref} moved from ${short(base.commit)} to ${short(now.commit)}: what was verified is not what would be merged.`,
    'Run the task again from where the branch is now, and verify that packet.',
  )
}

async function checkHead(head: RunEvidence['head'], repository: PacketRepository): Promise<readonly PacketCheck[]> {
  if (head === null || (head.commit === null && head.branch === null)) {
    const why = head === null ? 'the run proposed no change' : 'the change was published nowhere'
    return [notChecked('subject', why), notChecked('head_current', why)]
  }
  const [by_commit, by_branch] = await Promise.all([
    head.commit === null ? undefined : repository.find(head.commit),
    head.branch === null ? undefined : repository.find(head.branch),
  ])
  return [subjectOf(head, by_commit ?? by_branch, repository.shown), currentHead(head, by_branch, by_commit)]
}

function subjectByPatch(tree: string, patch: string, made: Patched): PacketCheck {
  const named = `the patch ${short(patch)}`
  switch (made.outcome) {
    case 'gives':
      return made.tree === tree
        ? pass('subject', `the base commit with ${named} gives the tree ${short(tree)}`)
        : fail('subject', `The base commit with ${named} gives the tree ${short(made.tree)}, not ${short(tree)}.`, DENY)
    case 'another':
      return fail('subject', `What was given as ${named} has another hash.`, 'Give the change.patch of this run.')
    case 'unfit':
      return fail('subject', `The base commit does not take ${named}.`, DENY)
    case 'inexact':
      return notChecked('subject', `${named} leaves out what is secret or binary, so it cannot be applied`)
    case 'absent':
      return notChecked('subject', `the change was published nowhere; ${named} can be given with --patch`)
    default:
      return made satisfies never
  }
}

function subjectOf(
  { tree, commit, branch }: NonNullable<RunEvidence['head']>,
  found: Found | undefined,
  shown: string,
): PacketCheck {
  const named = commit === null ? (branch ?? '') : short(commit)
  if (found === undefined) return fail('subject', `${shown} has no commit ${named}.`, FETCH_HEAD)
  if (found.tree !== tree)
    return fail('subject', `The commit ${named} has the tree ${short(found.tree)}, not ${short(tree)}.`, DENY)
  return pass('subject', `commit ${named} with the tree ${short(tree)}`)
}

function currentHead(
  { tree, branch }: NonNullable<RunEvidence['head']>,
  by_branch: Found | undefined,
  by_commit: Found | undefined,
): PacketCheck {
  if (by_branch?.tree === tree) return pass('head_current', `${branch ?? ''} has this tree now`)
  if (by_branch !== undefined)
    return fail(
      'head_current',
      `${branch ?? ''} moved: it has the tree ${short(by_branch.tree)} now, not ${short(tree)}.`,
      'What was added after the packet was verified by nobody; review it, or have the task run again.',
    )
  const gone = `the branch ${branch ?? ''} is not there any more`
  return by_commit === undefined
    ? fail('head_current', `${gone}, nor its commit.`, FETCH_HEAD)
    : notChecked('head_current', gone)
}

const GIVE_REPOSITORY = 'Give the repository that the run was made for with --repo, with the branch it started from.'
const FETCH_HEAD = 'Give a repository that has the proposed branch with --repo, such as the one the pull request is in.'
const DENY = 'The packet is about something else; do not merge on it.'
