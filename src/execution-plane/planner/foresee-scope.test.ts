import { describe, expect, it } from 'vitest'
import { DEFAULT_SCOPE, type RunMode, type TaskScope } from '#domain/task'
import { taskOf } from '../../../test/support/agents/scripted-session.ts'
import { foreseeScope } from './index.ts'

const TREE = ['src/retry.ts', 'src/queue.ts', 'src/http.ts', 'test/retry.test.ts', '.github/workflows/ci.yml']

interface Given {
  readonly likely?: readonly string[]
  readonly objective?: string
  readonly is_fix?: boolean
  readonly mode?: RunMode
  readonly unpushable?: readonly string[]
  readonly unsure?: readonly string[]
}

const foreseen = (scope: Partial<TaskScope>, given: Given = {}) => {
  const {
    likely = ['src/retry.ts', 'src/queue.ts', 'src/http.ts'],
    objective = 'The delay is too long.',
    unpushable,
    unsure,
  } = given
  const ground = {
    likely: likely.map((path) => ({ path, reasons: [] })),
    ...(unpushable && { push_limits: { unpushable, because: 'no scope for workflows' } }),
    ...(unsure && { unsure }),
  }
  const task = {
    ...taskOf({ scope: { ...DEFAULT_SCOPE, ...scope } }),
    title: 'Retry',
    objective,
    is_fix: given.is_fix ?? true,
    mode: given.mode ?? 'draft_pr',
  }
  return foreseeScope(ground, task, TREE).map(({ rule, severity }) => `${severity} ${rule}`)
}

describe('a scope', () => {
  it('that holds what is likely raises nothing', () => {
    expect(foreseen({ allowed_paths: ['src/**'] })).toEqual([])
    expect(foreseen({})).toEqual([])
  })

  it('outside of which the likely files lie is a warning alone, since a ranker errs', () => {
    expect(foreseen({ allowed_paths: ['test/**'] })).toEqual(['warning likely_outside_scope'])
    expect(foreseen({ forbidden_paths: ['src/retry.ts'] })).toEqual(['warning likely_outside_scope'])
    // The first counts most; the other two are less than half together.
    expect(foreseen({ forbidden_paths: ['src/queue.ts', 'src/http.ts'] })).toEqual([])
  })

  it('of a fix that closes the very file the request names is refused', () => {
    const objective = 'The delay of src/retry.ts is too long.'
    expect(foreseen({ allowed_paths: ['test/**'] }, { objective })).toEqual(['refusal named_outside_scope'])
    // Other work may be about other files than it names, such as tests of them.
    expect(foreseen({ allowed_paths: ['test/**'] }, { objective, is_fix: false })).toEqual([
      'warning likely_outside_scope',
    ])
    expect(foreseen({ allowed_paths: ['src/http.ts'] }, { objective })).toEqual(['warning likely_outside_scope'])
  })

  it.each(['The delay of src/retry.ts.bak is too long.', 'See lib/src/retry.ts', 'src/retry.tsx', 'retry.ts'])(
    'is not refused for a name that is another file’s: %s',
    (objective) => {
      expect(foreseen({ allowed_paths: ['test/**'] }, { objective })).toEqual(['warning likely_outside_scope'])
    },
  )

  it('with no file at all in it is refused for a fix, and a warning for what may be new', () => {
    expect(foreseen({ allowed_paths: ['source/**'] })).toEqual(['refusal nothing_in_scope'])
    expect(foreseen({ allowed_paths: ['source/**'] }, { is_fix: false })).toEqual(['warning nothing_in_scope'])
    expect(foreseen({ allowed_paths: ['src/http.ts'] }, { likely: [] })).toEqual([])
  })

  it('that the sandbox narrows is held against that as well, but for what a person agreed to', () => {
    expect(foreseen({ read_only_paths: ['src/**'] })).toEqual(['warning likely_outside_scope'])
    expect(foreseen({ writable_paths: [['test/**']] })).toEqual(['warning likely_outside_scope'])
    const agreed_paths = ['src/retry.ts', 'src/queue.ts', 'src/http.ts']
    expect(foreseen({ read_only_paths: ['src/**'], agreed_paths })).toEqual([])
  })
})

describe('a path that the forge’s token may not push', () => {
  const unpushable = ['.github/workflows/**']
  const likely = ['.github/workflows/ci.yml', 'src/http.ts', 'src/queue.ts']

  it('is a warning where it is likely, and a refusal where it is what the request is about', () => {
    expect(foreseen({}, { likely, unpushable })).toEqual(['warning likely_not_pushable'])
    const objective = 'Cache packages in .github/workflows/ci.yml.'
    expect(foreseen({}, { likely, unpushable, objective })).toEqual(['refusal named_not_pushable'])
    expect(foreseen({}, { likely, unpushable, objective: `${objective} See src/http.ts.` })).toEqual([
      'warning likely_not_pushable',
    ])
  })

  it('is nothing where nothing is pushed, or nobody knows', () => {
    expect(foreseen({}, { likely, unpushable, mode: 'dry_run_patch' })).toEqual([])
    expect(foreseen({}, { likely })).toEqual([])
  })
})

describe('a look at the code that fell short', () => {
  const unsure = ['The index could not be made: disk full.']
  const objective = 'The delay of src/retry.ts is too long.'

  it('is said, and what leans on its likely files warns where it would refuse', () => {
    expect(foreseen({}, { unsure })).toEqual(['warning likely_unsure'])
    expect(foreseen({ allowed_paths: ['test/**'] }, { objective, unsure })).toEqual([
      'warning named_outside_scope',
      'warning likely_unsure',
    ])
  })

  it('takes nothing from what is known without it', () => {
    expect(foreseen({ allowed_paths: ['source/**'] }, { unsure })).toEqual(['refusal nothing_in_scope'])
  })
})
