import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunEvidence } from '#domain/packet'
import { openVerification } from '../../../src/main/open-verification.ts'
import { git } from '../../support/lab/lab.ts'
import { openPacketGround, type PacketGround } from '../../support/packet/packet-ground.ts'

let ground: PacketGround
let patch: string
let packet: string

const sealed = async (name: string, text: string, tree?: string): Promise<string> => {
  const { head } = ground.evidence
  const evidence: RunEvidence = {
    ...ground.evidence,
    head: { tree: tree ?? head?.tree ?? '', commit: null, branch: null },
    change: { ...ground.evidence.change, patch_sha256: createHash('sha256').update(text).digest('hex') },
    verification: { before: null, after: null, delta: null },
  }
  return ground.file(name, await ground.seal(evidence))
}
const verify = (of: string, given?: string) =>
  openVerification({ home: ground.home, version: '0' }).verify({
    packet: of,
    keys: [],
    run: false,
    ...(given !== undefined && { patch: given }),
  })

beforeAll(async () => {
  ground = await openPacketGround()
  patch = `${await git(ground.repository, 'diff', '--full-index', 'main', 'gander/change')}\n`
  packet = await sealed('packet.json', patch)
})
afterAll(() => ground.close())

describe('a change that was published nowhere', () => {
  const subject = async (of: string, given?: string) =>
    (await verify(of, given)).checks.find(({ check }) => check === 'subject')

  it('is verified by its patch on the base commit', async () => {
    const given = await ground.file('change.patch', patch)
    expect(await subject(packet, given)).toMatchObject({ answer: 'pass' })
    expect(await subject(packet)).toMatchObject({ answer: 'not_checked', detail: expect.stringContaining('--patch') })
  })

  it('is denied by another patch, by one that gives another tree, and by one that does not fit', async () => {
    const other = patch.replace('+two', '+three')
    const given = await ground.file('other.patch', other)
    expect(await subject(packet, given)).toMatchObject({ answer: 'fail', detail: expect.stringContaining('hash') })
    const lying = await sealed('lying.json', other)
    expect(await subject(lying, given)).toMatchObject({ answer: 'fail', detail: expect.stringContaining('gives') })
    const unfit = patch.replace('-one', '-none')
    const path = await ground.file('unfit.patch', unfit)
    expect(await subject(await sealed('unfit.json', unfit), path)).toMatchObject({ answer: 'fail' })
  })

  it('whose patch has something cut out is not denied for it', async () => {
    const cut = patch.replace('+two', '+[redacted:token]')
    const path = await ground.file('cut.patch', cut)
    expect(await subject(await sealed('cut.json', cut), path)).toMatchObject({ answer: 'not_checked' })
  })

  it('is a subject of each statement, which anybody can read in clear', async () => {
    const statements = await openVerification({ home: ground.home, version: '0' }).statements(packet)
    expect(statements).toHaveLength(3)
    for (const { statement } of statements)
      expect(statement).toMatchObject({ subject: [{ name: 'tree' }, { name: 'change.patch' }] })
  })
})
