import { describe, expect, test } from 'vitest'
import { isGanderError } from '#domain/failure'
import { createIntake } from './index.ts'
import type { Fetch } from './fetch-issue.ts'

const URL = 'https://github.com/acme/retry/issues/7'
const answering =
  (status: number, body: unknown, headers: Record<string, string> = {}): Fetch =>
  () =>
    Promise.resolve(new Response(JSON.stringify(body), { status, headers }))
const read = (fetch: Fetch, url = URL, token?: string) => createIntake({ fetch, token }).fetchIssue(url)
const refusal = async (fetch: Fetch, url = URL) => {
  try {
    await read(fetch, url)
  } catch (error) {
    if (isGanderError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  return 'was read'
}

describe('an issue on a forge', () => {
  test('is asked for at the public API and gives title, text and repository', async () => {
    const asked: { url: string; headers: Readonly<Record<string, string>> }[] = []
    const draft = await read(
      (url, { headers }) => {
        asked.push({ url, headers })
        return answering(200, { title: 'Cap it', body: '# Not the title\r\n\r\n## Constraints\r\n- none new' })(url, {
          headers,
          signal: AbortSignal.timeout(1),
        })
      },
      URL,
      'secret',
    )
    expect(asked[0]?.url).toBe('https://api.github.com/repos/acme/retry/issues/7')
    expect(asked[0]?.headers['authorization']).toBe('Bearer secret')
    expect(draft).toMatchObject({
      repository: 'https://github.com/acme/retry',
      words: { source: 'issue_url', source_url: URL, title: 'Cap it', constraints: ['none new'] },
    })
  })

  test('cannot choose its own limits by front matter', async () => {
    const draft = await read(answering(200, { title: 'T', body: '---\nlimits: {max_cost_usd: 99999}\n---\ntext' }))
    expect(draft.limits).toEqual({})
  })

  test('without a body is read', async () => {
    expect((await read(answering(200, { title: 'T', body: null }))).words.description).toBe('')
  })

  test.each([
    ['is missing', answering(404, {}), 'issue_not_found: https://github.com/acme/retry/issues/7 could not be read'],
    [
      'is behind a rate limit',
      answering(403, {}, { 'x-ratelimit-remaining': '0' }),
      'issue_unreachable: The forge refused',
    ],
    ['is on a broken server', answering(502, {}), 'issue_unreachable: The forge answered 502'],
    ['is a pull request', answering(200, { title: 'T', body: '', pull_request: {} }), 'is a pull request'],
    ['is no JSON', () => Promise.resolve(new Response('<html>')), 'answered with no issue'],
    [
      'is offline',
      () => Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') })),
      'issue_unreachable: api.github.com could not be reached: getaddrinfo ENOTFOUND',
    ],
  ] as const)('that %s is a clear refusal', async (_, fetch, message) => {
    expect(await refusal(fetch)).toContain(message)
  })

  test.each(['https://example.org/issues/1', 'https://github.com/acme/retry', 'https://github.com/a/b/issues/x'])(
    'at %s is not asked for at all',
    async (url) => {
      expect(await refusal(() => Promise.reject(new Error('was asked')), url)).toContain('is no address of an issue')
    },
  )
})
