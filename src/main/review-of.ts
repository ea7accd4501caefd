import { GanderError } from '#domain/failure'
import type { TaskReview } from '#domain/task'
import type { PinnedSource, Redactor, Repositories, RunOrder } from '#ports'

/** What reading the order of a review takes. */
interface ReviewParts {
  readonly repositories: Pick<Repositories, 'resolve' | 'mergeBase'>
  readonly redactor: Redactor
}

interface Compared {
  readonly review?: TaskReview
  /** What the run starts from. */
  readonly source: PinnedSource
}

/** A review starts from where head left base, as a pull request is shown; the named base may have gone on since. */
export async function reviewOf(
  parts: ReviewParts,
  { review, words }: Pick<RunOrder, 'review' | 'words'>,
  named: PinnedSource,
): Promise<Compared> {
  if (review === undefined) return { source: named }
  const head = await parts.repositories.resolve(words.repository, review.head_ref)
  const evidence = review.evidence === null ? null : (await parts.redactor.redact(review.evidence)).text
  const way = review.compare ?? 'merge_base'
  const source = way === 'trees' ? named : await parts.repositories.mergeBase(named, head)
  if (source === undefined)
    throw new GanderError(
      'ref_not_found',
      `${named.ref} and ${head.ref} have no common commit in ${named.repository}.`,
      {
        remedy: 'Fetch their history (`git fetch --unshallow`), or compare the two trees as they are with --two-dot.',
      },
    )
  const compared = { way, base: named.ref, base_commit: named.commit }
  return { review: { head, compared, evidence, earlier: review.earlier }, source }
}
