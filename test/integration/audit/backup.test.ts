import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFilesystemArtifacts } from '#adapters/artifacts/filesystem'
import { createRunStore, openDatabase, type Database } from '#adapters/postgres'
import { runCommandLine } from '#cli'
import { LOCAL_TENANT } from '#domain/ids'
import { openAuditDesk } from '../../../src/main/open-audit-desk.ts'
import { identifiers } from '../../support/database.ts'
import { fakeCli } from '../../support/fake-cli-environment.ts'
import { runIn, submission } from '../../support/store-fixtures.ts'

const ground = mkdtempSync(join(tmpdir(), 'gander-backup-'))
const home = join(ground, 'home')
const second = join(ground, 'second')
let database: Database

const store = () => createRunStore({ database, identifiers })
const deskOf = (of: string) => openAuditDesk({ home: of, version: '0.0.0-test' })

/** One command line on a home, in this process. */
async function gander(of: string, line: string) {
  const fake = fakeCli({})
  const environment = { ...fake.environment, home: of, cwd: ground, audit: async () => deskOf(of) }
  const code = await runCommandLine(environment, line.split(' '))
  return { code, out: fake.out(), err: fake.err() }
}

beforeAll(async () => {
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'audit.yaml'), `checkpoints:\n  also:\n    - folder: ${second}\n`)
  writeFileSync(join(home, 'keys.json'), '{"anthropic":"sk-a-secret-of-the-home"}')
  database = await openDatabase({ home, dies_with_parent: true, settings: { fsync: 'off' } })
})
afterAll(async () => {
  await database.close()
  rmSync(ground, { recursive: true, force: true })
})

test('R16 a backup taken while work goes on restores whole, and its chain verifies', async () => {
  const { run, lease } = await runIn(store(), 'editing')
  const ref = await createFilesystemArtifacts({ home }).put('a log with \u0000 in it')
  const artifact = { ...ref, kind: 'log', name: 'a.log', data_class: 'internal' } as const
  await store().write(run.id, lease, { artifacts: [artifact] })
  expect((await gander(home, 'audit checkpoint')).out).toContain('Checkpoint 1 signs event')
  const stop = { now: false }
  const traffic = (async () => {
    let submitted = 0
    for (; !stop.now; submitted++) await store().submit(submission({ title: `line\none "quoted" \\ ${submitted}` }))
    return submitted
  })()
  const made = await gander(home, 'backup backup-1')
  stop.now = true
  expect(await traffic).toBeGreaterThan(0)
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(readdirSync(join(ground, 'backup-1')).toSorted()).toEqual([
    'backup.json',
    'checkpoints',
    'database',
    'files',
    'files.jsonl',
  ])
  expect(readdirSync(join(ground, 'backup-1', 'files'))).not.toContain('keys.json')

  const restored = join(ground, 'restored')
  expect(await gander(restored, 'restore backup-1')).toMatchObject({ code: 0, err: '' })
  const again = await openDatabase({ home: restored, dies_with_parent: true })
  try {
    const kept = createRunStore({ database: again, identifiers })
    expect(await kept.load(run.id)).toMatchObject({ run: { state: 'editing' } })
    expect(await kept.artifacts(run.id)).toEqual([artifact])
    expect(await createFilesystemArtifacts({ home: restored }).get(ref.sha256)).toBeDefined()
    const { id } = await kept.submit(submission())
    expect(await kept.load(id)).toBeDefined()
    // The second place is shared with the living home, and knows no more than the backup does.
    const verified = await gander(restored, 'audit verify --json')
    expect(JSON.parse(verified.out)).toMatchObject({ defects: [], checkpoints: 1 })
    expect(verified.code).toBe(0)
    const events = await gander(restored, 'audit --event platform_restored --json')
    expect(JSON.parse(events.out)).toMatchObject([{ actor: 'ada', facts: { by: 'ada' } }])
  } finally {
    await again.close()
  }
})

test('R16 what happened after the backup is told by the checkpoints that went elsewhere', async () => {
  await store().submit(submission())
  expect((await gander(home, 'audit checkpoint')).out).toContain('Checkpoint 2')
  const restored = join(ground, 'restored')
  const verified = await gander(restored, 'audit verify --json')
  const { defects } = JSON.parse(verified.out) as { readonly defects: readonly { readonly kind: string }[] }
  const kinds = defects.map(({ kind }) => kind)
  expect(kinds).toContain('checkpoints_cut')
  expect(kinds.some((kind) => kind === 'truncated' || kind === 'forked')).toBe(true)
  expect(verified.code).toBe(5)
  expect((await gander(restored, 'audit checkpoint')).out).toContain('the chain is not what was signed')
  expect((await gander(home, 'audit verify')).out).toContain('The record is whole')
})

test('a backup that was changed is refused, and so is a home that holds something', async () => {
  const { err, code } = await gander(home, 'restore backup-1')
  expect(`${code} ${err}`).toMatch(/^2 .*holds something already/s)
  expect((await gander(home, 'backup backup-1')).err).toContain('is not empty')
  expect((await gander(join(ground, 'none'), 'restore nowhere')).err).toContain('holds no whole backup')
  // One that was cut short: without its manifest, without a file, without the end of the list of files.
  const cut = (change: (folder: string) => void) => {
    const folder = mkdtempSync(join(ground, 'cut-'))
    cpSync(join(ground, 'backup-1'), folder, { recursive: true })
    change(folder)
    return gander(join(ground, 'nowhere-yet'), `restore ${folder}`)
  }
  const missing = (name: string) => cut((folder) => rmSync(join(folder, name)))
  expect((await missing('backup.json')).err).toContain('holds no whole backup')
  expect((await missing('files/audit.yaml')).err).toContain('audit.yaml is not what was written')
  expect((await cut((folder) => truncateSync(join(folder, 'files.jsonl'), 40))).code).not.toBe(0)
  expect(existsSync(join(ground, 'nowhere-yet', 'postgres'))).toBe(false)
  appendFileSync(join(ground, 'backup-1', 'database', 'run.jsonl'), '"(x)"\n')
  const broken = join(ground, 'broken')
  expect((await gander(broken, 'restore backup-1')).err).toContain('run.jsonl is not what was written')
  expect(existsSync(join(broken, 'postgres'))).toBe(false)
})

test('an export verifies in another home that has no database, with the key that was handed over', async () => {
  const key = await gander(home, 'audit key')
  writeFileSync(join(ground, 'key.pem'), key.out)
  expect((await gander(home, 'audit export export.jsonl')).code).toBe(0)
  expect((await gander(home, 'audit export export.jsonl')).err).toContain('is there already')
  const elsewhere = join(ground, 'elsewhere')
  const verified = await gander(elsewhere, 'audit verify export.jsonl --key key.pem --json')
  expect(JSON.parse(verified.out)).toMatchObject({ tenant_id: LOCAL_TENANT, defects: [], keys_given: true })
  const text = readFileSync(join(ground, 'export.jsonl'), 'utf8')
  writeFileSync(join(ground, 'edited.jsonl'), text.replace(/"actor":"[^"]+"/, '"actor":"eve"'))
  const edited = await gander(elsewhere, 'audit verify edited.jsonl --key key.pem')
  expect(edited.code).toBe(5)
  expect(edited.out).toMatch(/✗ .*defects?\.[\s\S]*wrong_hash/)
})
