import { describe, expect, it } from 'vitest'
import type { Verdict } from '#domain/gate'
import type { Execution } from './execution.ts'
import { lockfileProblems, withLockfiles } from './lockfile-gate.ts'

const hash = (byte: number) => `sha512-${Buffer.alloc(64, byte).toString('base64')}`
const lock = (entry: object) =>
  JSON.stringify(
    { lockfileVersion: 3, packages: { '': {}, 'node_modules/ms': { version: '2.1.3', ...entry } } },
    null,
    1,
  )
const passed = (gate: Verdict['gate']): Verdict => ({
  gate,
  answer: 'pass',
  decided_by: 'deterministic',
  reason: 'ok',
  findings: [],
  evidence: [],
})

const gate = async (before: string, after: string) => {
  const trees: Readonly<Record<string, string>> = { base: before, head: after }
  const file = { path: 'package-lock.json', kind: 'modified', old_mode: '100644', new_mode: '100644' }
  // Only what the gate reads of a run is there.
  const execution = {
    found: {
      repository: { readFile: async (tree: string) => new TextEncoder().encode(trees[tree]) },
      change: { base_tree: 'base', head_tree: 'head', files: [file] },
    },
  } as unknown as Execution
  return withLockfiles([passed('boundary'), passed('protected_files')], await lockfileProblems(execution))
}

describe('a change of a lockfile that the task allows (SU-03)', () => {
  it('fails the gate of protected files where it takes a hash away or gives another, with line and remedy', async () => {
    for (const [entry, rule] of [
      [{}, 'lockfile.integrity'],
      [{ integrity: hash(8) }, 'lockfile.replaced'],
      [{ integrity: hash(7), resolved: 'git+https://evil.example.net/ms.git' }, 'lockfile.source'],
    ] as const) {
      const [boundary, protectedFiles] = await gate(lock({ integrity: hash(7) }), lock(entry))
      expect(boundary?.answer).toBe('pass')
      expect(protectedFiles).toMatchObject({
        answer: 'fail',
        findings: [{ rule, path: 'package-lock.json', line: 5, severity: 'error' }],
      })
    }
  })

  it('passes where a version is raised with its hash', async () => {
    const verdicts = await gate(lock({ integrity: hash(7) }), lock({ version: '2.1.4', integrity: hash(8) }))
    expect(verdicts.map(({ answer }) => answer)).toEqual(['pass', 'pass'])
  })
})
