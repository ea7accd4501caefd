import { describe, expect, it } from 'vitest'
import type { TaskId } from '#domain/ids'
import type { Task } from '#domain/task'
import { branchName, commitMessage } from './describe-pull-request.ts'

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

  it('says that it fixes an issue without closing it', () => {
    const message = commitMessage(task('Add counts'), 'run_1', 'Fixes #12 and closes example/other#3; see #4.')
    expect(message).not.toMatch(/(fixes|closes) \S*#\d/i)
    expect(message).toContain('see #4')
  })
})
