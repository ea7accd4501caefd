import { GanderError } from '#domain/failure'
import type { OrderDraft } from '#ports'
import { z } from 'zod'
import { readIssue } from './read-issue.ts'

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<Response>

/** How issues are fetched; a token is sent to api.github.com and nowhere else. */
export interface IssueAccess {
  readonly fetch: Fetch
  readonly token: string | undefined
  readonly timeout_ms?: number
}

interface IssueAddress {
  readonly api: string
  readonly repository: string
  readonly host: string
}

const ISSUE = z.object({ title: z.string(), body: z.string().nullish(), pull_request: z.unknown().optional() })

/** Fetches one issue from GitHub's public API. */
export async function fetchIssue(url: string, access: IssueAccess, signal?: AbortSignal): Promise<OrderDraft> {
  const address = readAddress(url)
  const response = await ask(address, access, signal)
  await refuseFailure(response, url)
  const issue = ISSUE.safeParse(await response.json().catch(() => undefined))
  if (!issue.success) throw new GanderError('issue_unreachable', `${address.host} answered with no issue for ${url}.`)
  if (issue.data.pull_request !== undefined)
    throw new GanderError('issue_not_found', `${url} is a pull request, not an issue.`)
  return readIssue(issue.data.body ?? '', {
    source: 'issue_url',
    source_url: url,
    title: issue.data.title,
    repository: address.repository,
  })
}

function readAddress(text: string): IssueAddress {
  const url = URL.parse(text)
  const [, owner, name, kind, number] = url?.pathname.split('/') ?? []
  const github = url !== null && (url.hostname === 'github.com' || url.hostname === 'www.github.com')
  if (!github || kind !== 'issues' || owner === undefined || name === undefined || !/^\d+$/.test(number ?? ''))
    throw new GanderError(
      'issue_not_found',
      `${text} is no address of an issue that can be read: only issues of github.com are.`,
      {
        remedy: 'Give https://github.com/OWNER/NAME/issues/NUMBER, or save the text and give --issue FILE.',
      },
    )
  return {
    api: `https://api.github.com/repos/${owner}/${name}/issues/${number}`,
    repository: `https://github.com/${owner}/${name}`,
    host: 'api.github.com',
  }
}

async function ask(address: IssueAddress, access: IssueAccess, signal?: AbortSignal): Promise<Response> {
  const deadline = AbortSignal.timeout(access.timeout_ms ?? 15_000)
  const authorization = access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }
  try {
    return await access.fetch(address.api, {
      headers: { accept: 'application/vnd.github+json', 'user-agent': 'gander', ...authorization },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    })
  } catch (error) {
    const why = deadline.aborted ? 'it did not answer in time' : reasonOf(error)
    throw new GanderError('issue_unreachable', `${address.host} could not be reached: ${why}.`, {
      cause: error,
      retryable: true,
    })
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}

async function refuseFailure(response: Response, url: string): Promise<void> {
  if (response.ok) return
  await response.body?.cancel()
  const limited = response.status === 429 || response.headers.get('x-ratelimit-remaining') === '0'
  if (limited)
    throw new GanderError('issue_unreachable', `The forge refused ${url}: its rate limit is used up.`, {
      retryable: true,
      remedy: 'Set GITHUB_TOKEN for a larger limit, wait an hour, or save the text and give --issue FILE.',
    })
  if (response.status === 401)
    throw new GanderError('issue_not_found', `${url} could not be read: the token in GITHUB_TOKEN was rejected.`)
  if (response.status === 403 || response.status === 404 || response.status === 410)
    throw new GanderError('issue_not_found', `${url} could not be read: it does not exist, or it is private.`)
  throw new GanderError('issue_unreachable', `The forge answered ${response.status} for ${url}.`, { retryable: true })
}
