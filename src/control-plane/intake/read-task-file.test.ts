import { describe, expect, test } from 'vitest'
import { createIntake } from './index.ts'

const intake = createIntake({ fetch: () => Promise.reject(new Error('no network')), token: undefined })
const read = (text: string) => intake.readTask(text, 'task.yaml')

const MIGRATION = {
  repository: 'acme/retry-service',
  baseRef: 'main',
  objective: 'Migrate RetryPolicy config from v1 to v2.',
  scope: {
    allowedPaths: ['src/**', 'config/**', 'tests/**'],
    forbiddenPaths: ['.github/workflows/**', 'infra/prod/**'],
    maxChangedFiles: 12,
    maxDiffLines: 500,
  },
  successCriteria: ['No RetryPolicy v1 config remains.', 'Tests related to RetryPolicy pass.'],
  verificationProfile: 'java-maven-standard',
  autonomyLevel: 'draft_pr',
  prMode: 'draft',
}

describe('a task file', () => {
  test('names the sandbox profile of its runs, in either spelling; an issue does not', () => {
    expect(read('objective: Raise x.\nsandbox_profile: strict').sandbox).toBe('strict')
    expect(read('objective: Raise x.\nsandboxProfile: ./strict.yaml').sandbox).toBe('./strict.yaml')
    expect(read('objective: Raise x.').sandbox).toBeUndefined()
    expect(() => intake.readIssue('---\nsandbox_profile: strict\n---\n# Raise x\n', 'cli')).toThrow(/sandbox_profile/)
  })

  test('is read as JSON in camelCase', () => {
    expect(read(JSON.stringify(MIGRATION, null, 2))).toEqual({
      repository: 'acme/retry-service',
      base_ref: 'main',
      mode: 'draft_pr',
      verification: 'java-maven-standard',
      limits: {},
      scope: {
        allowed_paths: ['src/**', 'config/**', 'tests/**'],
        forbidden_paths: ['.github/workflows/**', 'infra/prod/**'],
        max_changed_files: 12,
        max_diff_lines: 500,
      },
      words: {
        source: 'task_file',
        source_url: null,
        title: 'Migrate RetryPolicy config from v1 to v2.',
        description: 'Migrate RetryPolicy config from v1 to v2.',
        acceptance_criteria: ['No RetryPolicy v1 config remains.', 'Tests related to RetryPolicy pass.'],
        constraints: [],
        deadline: null,
        attachments: [],
        risk_hints: [],
        expected_output: null,
        owner: null,
      },
    })
  })

  test('is read as YAML in snake_case with everything else a task may say', () => {
    const draft = read(`objective: |
  Cap the delay. It grows without bound.
title: Cap it
description: Seen in production.
constraints: [no new dependency]
deadline: 2027-03-31
attachments: [https://example.org/log.txt]
risk_hints: [public interface]
expected_output: one small change
owner: Ada
pr_mode: none
limits: {max_cost_usd: 0.5, max_minutes: 10}
`)
    expect(draft).toMatchObject({
      mode: 'local_branch',
      limits: { max_cost_usd: 0.5, max_minutes: 10 },
      words: {
        title: 'Cap it',
        description: 'Cap the delay. It grows without bound.\n\nSeen in production.',
        deadline: '2027-03-31',
        owner: 'Ada',
        expected_output: 'one small change',
      },
    })
  })

  test.each([
    ['objectve: x', 'objectve (line 1) is no known field; did you mean objective?'],
    [
      'objective: x\nscope:\n  allowedPath: [a]',
      'scope.allowed_path (line 3) is no known field; did you mean allowed_paths?',
    ],
    ['objective: x\nautonomy_level: yolo', 'autonomy_level (line 2) must be one of analysis_only, dry_run_patch'],
    [
      'objective: x\nscope: {allowed_paths: [ok, /etc]}',
      'scope.allowed_paths.1 (line 2) must be relative to the repository',
    ],
    ['objective: x\nscope: {max_diff_lines: -1}', 'scope.max_diff_lines (line 2) must be 0 or more'],
    ['objective: x\nbaseRef: a\nbase_ref: b', 'base_ref is given twice'],
    ['objective: x\nobjective: y', 'line 2: Map keys must be unique'],
    ['objective: x\ndeadline: soon', 'deadline (line 2) must be a date'],
    ['objective: [a, b]', 'objective (line 1) must be text'],
    ['objective: ""', 'objective (line 1) must not be empty'],
    ['title: x', 'objective is missing'],
    ['- a\n- b', 'expected fields such as'],
    ['', 'expected fields such as'],
    ['objective: x\npr_mode: draft\nautonomy_level: local_branch', 'pr_mode draft contradicts'],
    ['a: &a [1,1]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b]', 'Excessive alias count'],
    ['objective: "unclosed', 'line 1: '],
  ])('%j is refused with the place and what is allowed', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })
})
