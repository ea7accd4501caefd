import { describe, expect, it } from 'vitest'
import * as fc from 'fast-check'
import { taskOf } from '../../../test/support/agents/scripted-session.ts'
import { findRelevant, mapRepository, type RepositoryFiles } from './index.ts'
import { bestWindows } from './windows.ts'

function repositoryOf(
  files: Readonly<Record<string, string | Uint8Array>>,
): RepositoryFiles & { readonly reads: string[] } {
  const reads: string[] = []
  return {
    reads,
    list: Object.keys(files)
      .sort()
      .map((path) => ({ path, mode: '100644', blob: `blob of ${path}`, bytes: Buffer.byteLength(files[path] ?? '') })),
    read: async (path) => {
      reads.push(path)
      const content = files[path]
      return content === undefined ? undefined : Buffer.from(content)
    },
  }
}

const find = (files: Readonly<Record<string, string | Uint8Array>>, title: string, objective = '', limit = 5) =>
  findRelevant({ ...repositoryOf(files), task: taskOf({ title, objective, success_criteria: [] }), limit })

describe('the map of a repository', () => {
  it('names build system, modules, entry points, test commands and risks of a Maven project', async () => {
    const map = await mapRepository(
      repositoryOf({
        'pom.xml': '<project/>',
        'src/main/java/acme/App.java': 'class App {}',
        'src/main/resources/retry.yaml': 'a: 1',
        'src/test/java/acme/AppTest.java': 'class AppTest {}',
        'config/retry.yaml': 'a: 1',
        '.github/workflows/ci.yml': 'on: push',
        'infra/prod/main.tf': '',
        'target/pom.xml': '<project/>',
      }),
    )
    expect(map).toMatchObject({
      build_system: 'maven',
      root_manifests: ['pom.xml'],
      modules: [
        { path: '.', sources: ['src/main/java'], tests: ['src/test/java'], config: ['config', 'src/main/resources'] },
      ],
      likely_entry_points: ['src/main/java/acme/App.java'],
      test_commands: ['mvn test'],
      risk_hints: ['contains .github/workflows', 'contains infrastructure code'],
    })
  })

  it('tells pnpm by its lockfile and the modules of a monorepo by their manifests', async () => {
    const map = await mapRepository(
      repositoryOf({
        'package.json': '{"scripts":{"test":"vitest run"},"bin":{"x":"./bin/x.js"}}',
        'pnpm-lock.yaml': '',
        'bin/x.js': '',
        'packages/a/package.json': '{}',
        'packages/a/src/index.ts': '',
        'packages/a/node_modules/b/package.json': '{}',
      }),
    )
    expect(map).toMatchObject({
      build_system: 'pnpm',
      test_commands: ['pnpm test'],
      likely_entry_points: ['bin/x.js', 'packages/a/src/index.ts'],
    })
    expect(map.modules.map(({ path }) => path)).toEqual(['.', 'packages/a'])
  })

  it('tells pytest from unittest', async () => {
    const tests = { 'tests/test_a.py': 'import unittest' }
    expect((await mapRepository(repositoryOf(tests))).test_commands).toEqual(['python -m unittest'])
    const withPytest = { ...tests, 'requirements.txt': 'pytest==8' }
    expect((await mapRepository(repositoryOf(withPytest))).test_commands).toEqual(['pytest'])
  })

  it('survives an empty repository and a broken manifest', async () => {
    expect(await mapRepository(repositoryOf({}))).toMatchObject({ build_system: null, modules: [], files: 0 })
    expect(await mapRepository(repositoryOf({ 'package.json': '{"scripts":' }))).toMatchObject({
      build_system: 'npm',
      test_commands: [],
    })
  })
})

describe('relevant slices', () => {
  const filler = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [
      `src/other/module-${n}.ts`,
      `export function other${n}() { return queue.push(${n}) }\n`,
    ]),
  )
  const files = {
    ...filler,
    'src/retry/retry-policy.ts': 'export class RetryPolicy {\n  nextDelay(attempt: number) { return 0 }\n}\n',
    'src/retry/backoff.ts': 'export const backoff = (attempt: number) => attempt * 2\n',
    'test/retry-policy.test.ts':
      'import { RetryPolicy } from "../src/retry/retry-policy"\nnew RetryPolicy().nextDelay(1)\n',
    'README.md': 'RetryPolicy RetryPolicy RetryPolicy next delay next delay\n',
    'node_modules/x/retry-policy.ts': 'class RetryPolicy { nextDelay() {} }\n',
    'dist/retry-policy.js': 'class RetryPolicy { nextDelay() {} }\n',
    'src/logo.ts': new Uint8Array([0, 1, 2, 0]),
  }

  it('put the file that defines what the task names first, then its neighbours, and leave the rest out', async () => {
    const paths = (await find(files, 'nextDelay of `RetryPolicy` returns 0')).map(({ path }) => path)
    expect(paths[0]).toBe('src/retry/retry-policy.ts')
    expect(paths).toContain('test/retry-policy.test.ts')
    expect(paths.some((path) => path.startsWith('src/other'))).toBe(false)
  })

  it('never show vendored, generated or binary files', async () => {
    const paths = (await find(files, 'RetryPolicy logo', '', 100)).map(({ path }) => path)
    expect(paths.filter((path) => /node_modules|dist|logo/.test(path))).toEqual([])
  })

  it('find words written another way: snake case, camel case, plural', async () => {
    const [first] = await find({ ...filler, 'lib/a.py': 'def parse_retry_policies(): pass\n' }, 'Retry policy parsing')
    expect(first?.path).toBe('lib/a.py')
  })

  it('follow a path that the task names', async () => {
    const [first] = await find(files, 'Something is off', 'see src/retry/backoff.ts, queue push other module')
    expect(first?.path).toBe('src/retry/backoff.ts')
  })

  it('show the part of a long file where the words are', async () => {
    const lines = Array.from({ length: 2_000 }, (_, n) => `const filler${n} = ${n}`)
    lines[1_500] = 'function computeInvoiceTotal() {'
    const [slice] = await find({ ...filler, 'src/invoice.ts': lines.join('\n') }, 'computeInvoiceTotal is wrong')
    expect(slice?.path).toBe('src/invoice.ts')
    expect(slice?.start_line).toBeLessThanOrEqual(1_501)
    expect(slice?.end_line).toBeGreaterThanOrEqual(1_501)
    expect(slice?.text.split('\n')).toHaveLength((slice?.end_line ?? 0) - (slice?.start_line ?? 0) + 1)
  })

  it('are equal for equal trees and tasks, and none without a meaningful word', async () => {
    expect(await find(files, 'RetryPolicy delay')).toEqual(await find(files, 'RetryPolicy delay'))
    expect(await find(files, 'fix the bug')).toEqual([])
  })

  it('of a huge repository read a bounded number of files', async () => {
    const many = Object.fromEntries(Array.from({ length: 7_000 }, (_, n) => [`src/f${n}.ts`, 'x']))
    const repository = repositoryOf({ ...many, 'src/zz/retry.ts': 'retry' })
    const found = await findRelevant({ ...repository, task: taskOf({ title: 'retry' }), limit: 3 })
    expect(repository.reads.length).toBeLessThanOrEqual(6_003)
    expect(found[0]?.path).toBe('src/zz/retry.ts')
  })
})

describe('windows', () => {
  it('are lines of the text as they stand, whatever the text', () => {
    const line = fc.string({ maxLength: 30 }).map((text) => text.replaceAll('\n', ' '))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 400 }), (lines) => {
        for (const window of bestWindows(lines.join('\n'), (word) => word.length)) {
          const expected = lines.slice(window.start_line - 1, window.end_line).join('\n')
          expect(window.text).toBe(expected)
        }
      }),
      { numRuns: 50 },
    )
  })
})
