import { describe, expect, it } from 'vitest'
import type { TaskId } from '#domain/ids'
import type { Task } from '#domain/task'
import { QUESTIONS, type EvidencePacket } from '#domain/packet'
import { BUILT_IN_PROFILES } from '#domain/workflow'
import { branchName, commitMessage, pullRequestBody, pullRequestLabels } from './describe-pull-request.ts'

const task = (title: string) =>
  ({ id: 'task_01m7yx2xmaekrr7m4pxq9cex55' as TaskId, title, requester: 'ada' }) as unknown as Task

describe('a branch name', () => {
  it('is made of the title’s words and the end of the task’s id', () => {
    expect(branchName(task('Counts overwrite'))).toBe('gander/counts-overwrite-xq9cex55')
  })

  it('is one that git takes, whatever the title holds', () => {
    for (const title of ['..', '~^: ?*[\\', 'ünïcödé', '-x', '', 'a'.repeat(300), '🦆', 'x.lock', '@{u}'])
      expect(branchName(task(title))).toMatch(/^gander\/[a-z0-9]+(-[a-z0-9]+)*$/)
  })

  it('is cut between words', () => {
    expect(branchName(task('Counts of the same article overwrite each other'))).toBe(
      'gander/counts-of-the-same-article-overwrite-xq9cex55',
    )
  })
})

describe('a commit message', () => {
  it('names the run and the task, and says who made it', () => {
    const message = commitMessage(task('Add counts'), 'run_1', 'Adds them.')
    expect(message).toContain('Add counts\n\nAdds them.\n\nMade by Gander')
    expect(message).toContain('Gander-Run: run_1')
  })

  it('takes words apart that steer CI, and drops forged trailers, but keeps the rest', () => {
    const message = commitMessage(task('Fix [skip ci]'), 'run_1', 'Why.\nSigned-off-by: someone <x@y>\nMore.')
    expect(message).not.toMatch(/\[skip ci\]|Signed-off-by/)
    expect(message).toContain('Why.\nMore.')
  })

  it('lets no spelling of a skip marker or a trailer through, and keeps words that only look like them', () => {
    const markers = [
      '[CI SKIP]',
      '[skip-ci]',
      '[no ci]',
      '[skip\u200b ci]',
      '[ skip ci ]',
      '***NO_CI***',
      '[skip checks]',
      '[skip netlify]',
    ]
    const trailers = [
      'Co-authored-by: admin <a@b>',
      ' co-authored-by : x',
      'skip-checks: true',
      'Gander-Run: run_9',
      'Change-Id: I1',
      '\u200bReviewed-by: x',
    ]
    const message = commitMessage(
      task('T'),
      'run_1',
      [...markers, ...trailers, 'Skip: the loop.', 'a[skip]'].join('\n'),
    )
    expect(message).not.toMatch(/\[\s*(?:ci|skip|no)[ -]|\*NO_CI|skip-checks|authored|run_9|Change-Id|Reviewed/i)
    expect(message).toContain('Skip: the loop.\na[skip]')
  })

  it('says that it fixes an issue without closing it', () => {
    const message = commitMessage(task('Add counts'), 'run_1', 'Fixes #12 and closes example/other#3; see #4.')
    expect(message).not.toMatch(/(fixes|closes) \S*#\d/i)
    expect(message).toContain('see #4')
  })
})

describe('the header of a pull request', () => {
  const packet = (task: object, more: object = {}) =>
    ({
      answers: Object.fromEntries(QUESTIONS.map((question) => [question, []])),
      evidence: {
        run_id: 'run_1',
        task: { title: 'Round', objective: 'Round half up.', constraints: [], ...task },
        outcome: { summary: 'Done.' },
        change: { files: [] },
        reproduction: null,
        verification: { after: null },
        plan: { risk: 'low' },
        verdicts: [],
        base: null,
        head: null,
        judgement: null,
        ...more,
      },
    }) as unknown as EvidencePacket
  const risk = {
    tier: 'high',
    reasons: [
      { signal: 'file_sensitivity', reason: 'it decides about access', tier: 'high' },
      { signal: 'test_confidence', reason: 'nobody measured', tier: 'low' },
    ],
    required_approvals: ['security_owner'],
  }

  it('tells the risk that the platform read and not the agent’s, the level with what lowered it, and who is asked', () => {
    const cap = { source: 'risk', level: 2, reason: 'high risk goes as far as level 2' }
    const autonomy = { reach: { limited_by: [] }, level: { limited_by: [cap] } }
    const agreement = { required_reviewers: ['payments'] }
    const body = pullRequestBody(packet({ workflow: BUILT_IN_PROFILES[2], autonomy, agreement }, { risk }), 'f')
    expect(body).toContain('> Risk: high: it decides about access  \n')
    expect(body).toContain('> Autonomy: draft PR, level 2 (supervised); high risk goes as far as level 2  \n')
    expect(body).toContain('review by payments, and merge if acceptable; before a merge: security owner')
    expect(pullRequestLabels(packet({}, { risk }))).toContain('agent:high-risk')
  })

  it('says what the plan says where the platform read nothing', () => {
    expect(pullRequestBody(packet({}), 'f')).toContain('> Risk: low  \n')
  })
})
