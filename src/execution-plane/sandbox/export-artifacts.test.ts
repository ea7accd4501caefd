import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { ArtifactStore, Redactor } from '#ports'
import { exportArtifacts } from './index.ts'

const root = mkdtempSync(join(tmpdir(), 'gander-export-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const outside = join(root, 'outside')
const tree = join(root, 'tree')
for (const folder of [outside, join(tree, 'reports/deep'), join(tree, '.git')]) mkdirSync(folder, { recursive: true })
writeFileSync(join(outside, 'id_ed25519'), 'PRIVATE')
writeFileSync(join(tree, 'reports/deep/unit.json'), '{"token":"SECRET","passed":3}')
writeFileSync(join(tree, 'reports/large.json'), '')
truncateSync(join(tree, 'reports/large.json'), 17 * 1024 ** 2)
writeFileSync(join(tree, 'notes.txt'), 'not asked for')
writeFileSync(join(tree, '.git/report.json'), '{}')
symlinkSync(join(outside, 'id_ed25519'), join(tree, 'reports/report.json'))
symlinkSync(outside, join(tree, 'reports/linked.json'))
execFileSync('mkfifo', [join(tree, 'reports/pipe.json')])

const kept = new Map<string, string>()
const artifacts: Pick<ArtifactStore, 'put'> = {
  put: async (content) => {
    const text = typeof content === 'string' ? content : new TextDecoder().decode(content)
    const sha256 = createHash('sha256').update(text).digest('hex')
    kept.set(sha256, text)
    return { sha256, bytes: text.length }
  },
}
const redactor: Pick<Redactor, 'redact'> = {
  redact: async (text) => ({
    text: text.replaceAll('SECRET', '[cut]'),
    count: text.split('SECRET').length - 1,
    kinds: [],
    confirmed: false,
  }),
}
// Only the members that the export calls are there.
const parts = { artifacts: artifacts as ArtifactStore, redactor: redactor as Redactor }
const exported = (patterns: readonly (readonly string[])[]) => exportArtifacts({ root: tree, patterns, ...parts })

describe('the export of artifacts', () => {
  it('keeps the files that are asked for, redacted', async () => {
    const { artifacts: found } = await exported([['reports/**/*.json']])
    expect(found.map(({ name }) => name)).toEqual(['reports/deep/unit.json'])
    expect([...kept.values()]).toEqual(['{"token":"[cut]","passed":3}'])
  })

  it('lists links, pipes and what is too large with the reason, and reads none of them', async () => {
    const { left } = await exported([['**/*.json', '**/*.json/**']])
    expect(left.map(({ path, reason }) => `${path} ${reason.split(' ').slice(0, 3).join(' ')}`)).toEqual([
      'reports/large.json is larger than',
      'reports/linked.json is a symbolic',
      'reports/pipe.json is no regular',
      'reports/report.json is a symbolic',
    ])
    expect([...kept.values()].join()).not.toContain('PRIVATE')
  })

  it('takes only what every list covers, and nothing where there is none', async () => {
    expect((await exported([['reports/**'], ['notes.txt']])).artifacts).toEqual([])
    expect(await exported([])).toMatchObject({ artifacts: [], left: [], cut: { count: 0 } })
    expect(await exported([[]])).toMatchObject({ artifacts: [], left: [], cut: { count: 0 } })
  })
})
