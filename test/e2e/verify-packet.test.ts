import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PacketReport } from '#ports'
import { openVerification } from '../../src/main/open-verification.ts'
import { git, openLab, outcomeOf, type Lab, type Outcome } from '../support/lab/lab.ts'
import { packetOf } from '../support/lab/session.ts'

/** A test that reads the tree it is run on, and needs no toolchain. */
const PROFILE = `ecosystem: command
phases:
  - id: tests
    command: [sh, -c, 'printf "TAP version 13\\n1..2\\nok 1 - stands\\n"; test -e notes.txt && echo "ok 2 - noted" || echo "ok 2 - noted # SKIP none"']
    results: {format: tap, path: '-'}
`
/** Signs standard input with the key beside it, as a client of a key server would. */
const SIGNER = `const { readFileSync } = require('node:fs'); const { sign } = require('node:crypto')
process.stdout.write(sign(null, readFileSync(0), readFileSync(process.argv[2], 'utf8')).toString('base64') + '\\n')
`

let lab: Lab
let repository: string
let outcome: Outcome
let signer_key: string
let own: KeyObject

const idOf = (key: KeyObject) =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')

beforeAll(async () => {
  lab = await openLab()
  repository = await lab.repository('python')
  await writeFile(join(lab.root, 'quick.yaml'), PROFILE)
  const other = generateKeyPairSync('ed25519')
  const given = generateKeyPairSync('ed25519')
  own = given.publicKey
  signer_key = join(lab.root, 'signer-public.pem')
  await writeFile(signer_key, other.publicKey.export({ type: 'spki', format: 'pem' }))
  await writeFile(join(lab.root, 'signer.pem'), other.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await writeFile(join(lab.root, 'sign.cjs'), SIGNER)
  const key = given.privateKey.export({ type: 'pkcs8', format: 'pem' })
  const look = `{ env | grep EVIDENCE; cat ${lab.root}/signer.pem ${lab.home}/evidence-key*; grep -l EVIDENCE /proc/[0-9]*/environ; } > notes.txt 2> /dev/null; echo looked >> notes.txt`
  const words = ['run', '--repo', repository, '--verify', 'quick.yaml', '--agent', 'transform', '--json']
  const done = await lab.gander([...words, '--', 'sh', '-c', look], {
    env: {
      GANDER_EVIDENCE_KEY: key,
      GANDER_EVIDENCE_SIGNER: JSON.stringify([
        process.execPath,
        join(lab.root, 'sign.cjs'),
        join(lab.root, 'signer.pem'),
      ]),
      GANDER_EVIDENCE_SIGNER_KEY: signer_key,
    },
  })
  outcome = outcomeOf(done)
})
afterAll(() => lab.close())

interface Asked {
  readonly home?: string
  readonly repository?: string
  readonly keys?: readonly string[]
  readonly packet?: string
}

const verify = ({ home = lab.home, packet = outcome.packet ?? '', keys = [], ...rest }: Asked): Promise<PacketReport> =>
  openVerification({ home, version: '0' }).verify({ packet, keys, run: true, ...rest })

const answers = ({ checks }: PacketReport) => Object.fromEntries(checks.map(({ check, answer }) => [check, answer]))

describe('the packet of a run', () => {
  it('verifies where it was made, by the name of its run, with its tests run again on base and head', async () => {
    expect(outcome.state).toBe('completed')
    const done = await lab.gander(['verify', outcome.run_id])
    expect(done.code, done.stdout + done.stderr).toBe(0)
    expect(done.stdout).toMatch(
      /pass +tests of the base +2 results are the same[\s\S]*pass +tests of the head +2 results/,
    )
    expect(done.stdout).toContain('Verified: packet')
  })

  it('is signed by a given key and a program together, and either alone is enough to believe it', async () => {
    const { envelopes } = JSON.parse(await readFile(outcome.packet ?? '', 'utf8')) as {
      envelopes: readonly { signatures: readonly { keyid: string }[] }[]
    }
    const program = idOf(createPublicKey(await readFile(signer_key, 'utf8')))
    for (const { signatures } of envelopes) expect(signatures.map(({ keyid }) => keyid)).toEqual([idOf(own), program])
  })

  it('was signed with keys that no sandbox saw', async () => {
    const { evidence } = await packetOf(outcome)
    expect(await git(await forgeOf(), 'show', `${evidence.head?.commit}:notes.txt`)).toBe('looked')
    expect(evidence).toMatchObject({
      campaign: null,
      network: { profile: 'default' },
      allowed_models: [],
      approvals: [],
    })
    expect(evidence.effective_policy_sha256).toMatch(/^[0-9a-f]{64}$/)
  })

  it('of a change that was published nowhere verifies by its patch, with its tests run again', async () => {
    const words = ['run', '--repo', repository, '--verify', 'quick.yaml', '--mode', 'dry_run_patch', '--json']
    const dry = outcomeOf(await lab.gander([...words, '--', 'sh', '-c', 'echo new > notes.txt']))
    expect(dry.state).toBe('completed')
    expect(answers(await verify({ packet: dry.packet ?? '' }))).toMatchObject({
      subject: 'pass',
      head_current: 'not_checked',
      head_results: 'pass',
    })
  })

  it('verifies in another home against a bare remote, with nothing but the public key', async () => {
    const remote = join(lab.root, 'remote.git')
    await git(lab.root, 'clone', '--quiet', '--bare', repository, remote)
    await git(remote, 'fetch', '--quiet', await forgeOf(), 'refs/heads/gander/*:refs/heads/gander/*')
    const home = join(lab.root, 'elsewhere')
    const report = await verify({ home, repository: `file://${remote}`, keys: [signer_key] })
    expect(report.verdict).toBe('verified')
    expect(answers(report)).toMatchObject({ artifacts: 'not_checked', subject: 'pass', head_results: 'pass' })
    const unknown = await verify({ home, repository: `file://${remote}` })
    expect(unknown).toMatchObject({ verdict: 'denied', run_id: null })
  })

  it('expires on another clone when the base or the head moves there', async () => {
    const clone = join(lab.root, 'clone')
    await git(lab.root, 'clone', '--quiet', repository, clone)
    await git(clone, 'fetch', '--quiet', await forgeOf(), 'refs/heads/gander/*:refs/remotes/origin/gander/*')
    const { evidence } = await packetOf(outcome)
    await git(clone, 'checkout', '--quiet', '-b', evidence.head?.branch ?? '', evidence.head?.commit ?? '')
    await git(clone, 'commit', '--quiet', '--allow-empty', '--message', 'the same tree')
    expect(answers(await verify({ repository: clone }))).toMatchObject({ base_current: 'pass', head_current: 'pass' })
    await writeFile(join(clone, 'more.txt'), 'more')
    await git(clone, 'add', '--all')
    await git(clone, 'commit', '--quiet', '--message', 'more')
    await git(clone, 'checkout', '--quiet', 'main')
    await git(clone, 'commit', '--quiet', '--allow-empty', '--message', 'moved')
    const moved = await verify({ repository: clone })
    expect(answers(moved)).toMatchObject({ base_current: 'fail', head_current: 'fail', head_results: 'not_checked' })
    expect(moved.verdict).toBe('denied')
  })
})

const forgeOf = async (): Promise<string> => {
  const path = /^file:\/\/(.*)\/pulls\//.exec(outcome.pull_request?.url ?? '')?.[1] ?? ''
  return `${path}.git`
}
