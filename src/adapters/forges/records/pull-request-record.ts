import { z } from 'zod'
import { GanderError } from '#domain/failure'
import type { PullRequest, PullRequestIntent } from '#ports'

const RECORD = z.object({
  number: z.int().positive(),
  url: z.string(),
  title: z.string(),
  body: z.string(),
  state: z.enum(['open', 'closed', 'merged']),
  draft: z.boolean(),
  head_branch: z.string(),
  head_commit: z.string(),
  base_branch: z.string(),
  base_commit: z.string(),
  labels: z.array(z.string()),
  idempotency_key: z.string(),
  created_at: z.iso.datetime(),
})

/** A pull request as it is kept: what the port shows, and the commit it was proposed against. */
export type PullRequestRecord = PullRequest & { readonly base_commit: string }

/** The record a new pull request begins with. */
export function recordOf(intent: PullRequestIntent, number: number, url: string): PullRequestRecord {
  return {
    number,
    url,
    title: intent.title,
    body: intent.body,
    state: 'open',
    draft: intent.draft,
    head_branch: intent.head_branch,
    head_commit: intent.head_commit,
    base_branch: intent.base_branch,
    base_commit: intent.base_commit,
    labels: intent.labels,
    idempotency_key: intent.idempotency_key,
    created_at: new Date().toISOString(),
  }
}

/** Reads a kept record. @throws GanderError `publication_failed` when someone edited it into something else */
export function parseRecord(text: string, number: number, folder: string): PullRequestRecord {
  const parsed = RECORD.safeParse(jsonOf(text))
  if (parsed.success && parsed.data.number === number) return parsed.data
  throw new GanderError('publication_failed', `Pull request ${number} under ${folder} cannot be read any more.`, {
    facts: { folder, number },
    remedy: `Restore ${folder}/${number}.json from a backup.`,
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
