import { indexCommit, type CodeIndex, type SegmentStore } from '#execution-plane/code-index'
import { RepositorySurvey } from '#execution-plane/repository-intelligence'
import type { PastCommit, TreeEntry } from '#ports'
import { mapText } from './map-text.ts'

/** One commit of one tenant's repository, and how it is read. */
export interface CommitSource {
  readonly tenant_id: string
  /** As people write it. */
  readonly repository: string
  readonly commit: string
  /** Every path of the commit, sorted. */
  readonly list: readonly TreeEntry[]
  readonly read: (blob: string) => Promise<Uint8Array | undefined>
  /** What the commit descends from, newest first; undefined where that is not at hand. May throw. */
  readonly past: (most: number) => Promise<readonly PastCommit[] | undefined>
  /** Where the index is kept between processes; absent: nowhere. */
  readonly store?: SegmentStore
}

/** A commit that is indexed, with its history. */
export interface IndexedCode {
  readonly index: CodeIndex
  readonly past: readonly PastCommit[]
  /** Why there is no history; undefined where there is one. */
  readonly no_past: string | undefined
}

/** A commit that is mapped. */
export interface MappedCode {
  readonly survey: RepositorySurvey
  /** The maps on one page, the same for every task. */
  readonly page: string
}

/** What is known of one commit, in the making or made. */
interface KnownCode {
  readonly indexed: Promise<IndexedCode>
  readonly mapped: Promise<MappedCode>
}

/** Commits that were looked at lately, so that a second run on one waits for nothing. */
export interface CodeShelf {
  /** Begins to look at a commit, or gives what is known of it. A tenant's code is found by that tenant alone. */
  open(source: CommitSource): KnownCode
}

/** Commits that are asked as witnesses; the same number that the ranker was measured with. */
const MOST_COMMITS = 4_000
/** Commits that a process keeps; an index of 150,000 lines takes some 10 MB, with its maps as much again. */
const MOST_KEPT = 4

/** Makes an empty shelf; what failed is not kept. */
export function createCodeShelf(most = MOST_KEPT): CodeShelf {
  const kept = new Map<string, KnownCode>()
  return {
    open(source) {
      const key = [source.tenant_id, source.repository, source.commit].join('\n')
      const known = kept.get(key) ?? look(source)
      kept.delete(key)
      kept.set(key, known)
      const [oldest] = kept.keys()
      if (kept.size > most && oldest !== undefined) kept.delete(oldest)
      known.mapped.catch(() => {
        if (kept.get(key) === known) kept.delete(key)
      })
      return known
    },
  }
}

function look(source: CommitSource): KnownCode {
  const indexed = indexOf(source)
  const mapped = indexed.then((code) => mapOf(source, code))
  return { indexed, mapped }
}

async function indexOf(source: CommitSource): Promise<IndexedCode> {
  const { commit, list, read } = source
  const [index, history] = await Promise.all([indexCommit({ commit, list, read }, source.store), historyOf(source)])
  return { index, ...history }
}

/** Past changes are witnesses: the question can be answered without them. */
async function historyOf({ past }: CommitSource): Promise<Pick<IndexedCode, 'past' | 'no_past'>> {
  try {
    const found = await past(MOST_COMMITS)
    if (found === undefined) return { past: [], no_past: 'its repository is not on this machine' }
    return { past: found, no_past: found.length <= 1 ? 'the clone holds none' : undefined }
  } catch (error) {
    return { past: [], no_past: reasonOf(error) }
  }
}

async function mapOf({ repository, read }: CommitSource, { index, past }: IndexedCode): Promise<MappedCode> {
  const survey = await RepositorySurvey.make({ repository, index, read, past })
  return { survey, page: mapText(await survey.maps()) }
}

/** The first line of what went wrong, short enough for a note. */
export const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1).join('').slice(0, 200)
