import { rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPolicy } from '#control-plane/policy'
import { openDatabase } from '#adapters/postgres'
import { createPriceTable } from '#adapters/models'
import { createPackageRegistries } from '#adapters/registries'
import { createBubblewrapDriver } from '#adapters/sandboxes/bubblewrap'
import { createKeySigner, openKey } from '#adapters/signing'
import { createWorkspaceFiles } from '#adapters/workspace-files'
import { parseId, type RunId } from '#domain/ids'
import { createEvidenceSealer } from '#evidence-plane/packet'
import { createWorker } from '#execution-plane/worker'
import type { Sandbox, SandboxDriver } from '#ports'
import { openPlatform } from '../../../src/main/open-platform.ts'
import { sharedParts } from '../../../src/main/shared-parts.ts'
import { identifiers, systemClock } from '../../../src/main/system-clock.ts'
import { workerIdentity } from '../../../src/main/worker-identity.ts'
import { openLab, outcomeOf, type Lab, type Outcome } from '../../support/lab/lab.ts'

let lab: Lab
let repository: string

/** What proves a change where nothing is to be proved but the way of a run. */
const QUICK_PROFILE = `ecosystem: command
phases:
  - id: tests
    command: [printf, 'TAP version 13\\n1..1\\nok 1 - stands\\n']
    results: {format: tap, path: '-'}
`
beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  await writeFile(join(lab.root, 'quick.yaml'), QUICK_PROFILE)
}, 60_000)
afterAll(() => lab.close())

interface Wish {
  readonly repo?: string
}

async function outcome({ repo = repository }: Wish): Promise<Outcome> {
  const words = [
    'run',
    '--repo',
    repo,
    '--mode',
    'dry_run_patch',
    '--verify',
    'quick.yaml',
    '--agent',
    'transform',
    '--json',
  ]
  const done = await lab.gander([...words, '--', 'sh', '-c', 'echo x >> notes.txt'])
  return outcomeOf(done)
}

/** A worker over the lab's home whose sandboxes run their commands in another way than they claim. */
async function weakenedWorker(exec: (sandbox: Sandbox) => Sandbox['exec']) {
  const database = await openDatabase({ home: lab.home })
  const shared = sharedParts(lab.home, database)
  const signer = createKeySigner(await openKey('evidence', lab.home))
  const driver = createBubblewrapDriver({ home: lab.home })
  const weak: SandboxDriver = {
    ...driver,
    open: async (spec) => {
      const sandbox = await driver.open(spec)
      return { ...sandbox, capture: () => sandbox.capture(), close: () => sandbox.close(), exec: exec(sandbox) }
    },
  }
  const unused = () => Promise.reject(new Error('a transform needs none'))
  const worker = createWorker(
    {
      ...shared,
      ofTenant: () => ({
        store: shared.store,
        artifacts: shared.artifacts,
        sealer: createEvidenceSealer({ ...shared, signer }),
      }),
      clock: systemClock,
      identifiers,
      policy: createPolicy({ identifiers }),
      driver: weak,
      probe: () => driver.probe(),
      gateway: { call: unused, admit: unused },
      guests: { find: unused, list: unused },
      guest_tools: { open: unused },
      prices: createPriceTable({ home: lab.home }),
      sealer: createEvidenceSealer({ ...shared, signer }),
      files: createWorkspaceFiles,
      registries: createPackageRegistries({ home: lab.home }),
      proxy: { open: unused },
      runs_folder: join(lab.home, 'runs'),
      version: '0',
    },
    workerIdentity(),
  )
  return { worker, shared, close: () => database.close() }
}

/** The order of the quick run, taken from one that the command line made. */
async function queuedAgain(first: Outcome): Promise<RunId> {
  const platform = await openPlatform({ home: lab.home, version: '0' })
  try {
    const id = parseId('run', first.run_id)
    const view = id === undefined ? undefined : await platform.view(id)
    if (view === undefined) throw new Error('the first run is gone')
    const { task } = view
    const words = {
      ...task,
      source: 'cli',
      source_url: null,
      description: task.objective,
      acceptance_criteria: [],
    } as const
    const { mode, scope, agent, verification, limits, base_ref, requester } = task
    const order = { words, requester, base_ref, mode, scope, agent, verification, limits, keys: {} }
    return (await platform.submit(order)).run.id
  } finally {
    await platform.close()
  }
}

describe('a source that hangs up', () => {
  it('is told as one that cannot be read, and no run is made', async () => {
    const server = createServer((socket) => void socket.on('error', () => undefined).destroy())
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const ended = await outcome({ repo: `http://127.0.0.1:${port}/x.git` })
    server.close()
    expect(ended).toMatchObject({ run_id: null, error: { code: 'repository_unreadable' } })
  })
})

describe('a sandbox', () => {
  it('that lets something through aborts the run, names it and opens an incident', async () => {
    const id = await queuedAgain(await outcome({}))
    const { worker, shared, close } = await weakenedWorker((sandbox) => async (request) => {
      const answer = await sandbox.exec(request)
      // As a driver would whose view of the host has a hole: the line is what the act itself prints where it succeeds.
      return { ...answer, stdout: `broke canary_read\n${answer.stdout}` }
    })
    await worker.workOn(id)
    const ended = await shared.store.load(id)
    expect(ended?.run).toMatchObject({ state: 'failed', diagnosis: { class: 'sandbox_breached' } })
    const events = await shared.store.events(id, 0)
    expect(events.find(({ event }) => event === 'incident_opened')?.facts).toMatchObject({ kind: 'sandbox_breached' })
    expect(events.some(({ event }) => event === 'plan_created')).toBe(false)
    await close()
  })
})

describe('an artifact store that is gone', () => {
  it('pauses the run with its work kept, and it goes on when the store is back', async () => {
    await outcome({})
    await rename(join(lab.home, 'artifacts'), join(lab.home, 'artifacts-away'))
    await writeFile(join(lab.home, 'artifacts'), 'a file where a folder should be')
    const paused = await outcome({})
    expect(paused).toMatchObject({ state: 'paused', pause: { reason: 'storage_full' } })
    await rm(join(lab.home, 'artifacts'))
    await rename(join(lab.home, 'artifacts-away'), join(lab.home, 'artifacts'))
    const done = await lab.gander(['continue', paused.run_id, '--json'])
    expect(outcomeOf(done)).toMatchObject({ state: 'completed' })
  })
})
