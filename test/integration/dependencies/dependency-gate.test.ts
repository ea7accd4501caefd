import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openLab, outcomeOf, type Lab } from '../../support/lab/lab.ts'

const VERIFY =
  "ecosystem: node\nphases:\n  - id: tests\n    command: [node, --test, --test-reporter=tap]\n    results: {format: tap, path: '-'}\n"
/** Nothing listens there: what would have to be looked up is unavailable on every machine alike. */
const NO_REGISTRY = { npm_config_registry: 'https://127.0.0.1:9/', npm_config_fetch_retries: '0' }

let lab: Lab
let repository: string

beforeAll(async () => {
  lab = await openLab()
  const folder = join(lab.root, 'files')
  await mkdir(join(folder, '.gander'), { recursive: true })
  await writeFile(join(folder, '.gander/verify.yaml'), VERIFY)
  await writeFile(join(folder, 'package.json'), '{"name":"notes","dependencies":{}}\n')
  await writeFile(join(folder, 'notes.test.js'), "require('node:test').test('is there', () => {})\n")
  repository = await lab.repository({ folder }, 'notes')
})
afterAll(() => lab.close())

const adding = (dependency: string) => {
  const manifest = `{"name":"notes","dependencies":{${dependency}}}`
  const words = ['run', '--repo', repository, '--mode', 'dry_run_patch', '--allow', 'package.json', '--json', '--']
  return lab.gander([...words, 'sh', '-c', `printf '%s\\n' '${manifest}' > package.json`], { env: NO_REGISTRY })
}

describe('a run that adds a dependency', () => {
  it('waits for a person though it may change the manifest, and the packet tells of their yes and of each check', async () => {
    const asked = outcomeOf(await adding('"good-thing":"^1.0.0"'))
    expect(asked).toMatchObject({
      state: 'awaiting_approval',
      approval: {
        action: 'dependency.add',
        subject: ['npm good-thing ^1.0.0: added', 'npm good-thing ^1.0.0: unavailable'],
      },
    })
    const id = asked.run_id ?? ''
    const ended = outcomeOf(await lab.gander(['approve', id, '--by', 'ada', '--json'], { env: NO_REGISTRY }))
    expect(ended).toMatchObject({ state: 'completed' })
    const shown = (await lab.gander(['show', id, '--json'])).stdout
    expect(shown).toContain('boundary_report')
  })
})
