import { describe, expect, it } from 'vitest'
import { DEFAULT_SCOPE } from '#domain/task'
import { strictest } from './match.ts'
import { changeRules } from './path-rules.ts'

const answerFor = (path: string, over: Partial<typeof DEFAULT_SCOPE> = {}) =>
  strictest(changeRules(path, { ...DEFAULT_SCOPE, agreed_paths: ['setup.cfg', '.github/workflows/ci.yml'], ...over }))

describe('a path that a person agreed to', () => {
  it('may be changed though its kind is asked for', () => {
    expect(answerFor('setup.cfg', { agreed_paths: [] })).toBe('ask')
    expect(answerFor('setup.cfg')).toBe('allow')
  })

  it('opens no other file of its kind, in no other folder', () => {
    expect(answerFor('pyproject.toml')).toBe('ask')
    expect(answerFor('packages/one/setup.cfg')).toBe('ask')
  })

  it('opens nothing that is closed to every run, forbidden by the task or outside its scope', () => {
    expect(answerFor('.github/workflows/ci.yml')).toBe('deny')
    expect(answerFor('setup.cfg', { forbidden_paths: ['*.cfg'] })).toBe('deny')
    expect(answerFor('setup.cfg', { allowed_paths: ['stocktake/**'] })).toBe('deny')
  })
})
