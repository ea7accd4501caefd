import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKeySigner, keyOfPem, openKey } from '#adapters/signing'
import { generateKeyPairSync } from 'node:crypto'
import { isGanderError } from '#domain/failure'
import type { PacketCheck, PacketReport } from '#ports'
import { openVerification } from '../../src/main/open-verification.ts'
import { git } from '../support/lab/lab.ts'
import { commit, openPacketGround, type PacketGround } from '../support/packet/packet-ground.ts'

let ground: PacketGround
let honest: string

beforeAll(async () => {
  ground = await openPacketGround()
  honest = await ground.seal()
})
afterAll(() => ground.close())

interface Asked {
  readonly repository?: string
  readonly keys?: readonly string[]
}

async function verify(text: string | Uint8Array, { repository, keys = [] }: Asked = {}): Promise<PacketReport> {
  const packet = await ground.file('packet.json', text)
  const verifier = openVerification({ home: ground.home, version: '1' })
  return verifier.verify({ packet, keys, run: false, ...(repository !== undefined && { repository }) })
}

const failed = ({ checks }: PacketReport): readonly PacketCheck[] => checks.filter(({ answer }) => answer === 'fail')

/** How a file is turned away: by the name of the check that fails, or by the code of the error. */
async function answerTo(text: string | Uint8Array): Promise<string> {
  try {
    const report = await verify(text)
    return report.verdict === 'verified' ? 'verified' : (failed(report)[0]?.check ?? 'denied without a reason')
  } catch (error) {
    if (isGanderError(error)) return error.code
    throw error
  }
}

interface Bundle {
  readonly schema: string
  readonly envelopes: readonly {
    readonly payloadType: string
    readonly payload: string
    readonly signatures: readonly { readonly keyid: string; readonly sig: string }[]
  }[]
}

const opened = (text: string): Bundle => JSON.parse(text) as Bundle
const written = (bundle: object): string => `${JSON.stringify(bundle, null, 2)}\n`

/** The packet with the text of every statement edited, under the signatures it had. */
function edited(text: string, change: (statement: string) => string): string {
  const bundle = opened(text)
  const envelopes = bundle.envelopes.map((envelope) => ({
    ...envelope,
    payload: Buffer.from(change(Buffer.from(envelope.payload, 'base64').toString())).toString('base64'),
  }))
  return written({ ...bundle, envelopes })
}

/** The same, signed anew by the home's own key. */
async function signedAnew(text: string, change: (statement: string, at: number) => string): Promise<string> {
  const bundle = opened(text)
  const envelopes = await Promise.all(
    bundle.envelopes.map(async ({ payloadType, payload }, at) => {
      const body = Buffer.from(change(Buffer.from(payload, 'base64').toString(), at))
      const pae = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body])
      return { payloadType, payload: body.toString('base64'), signatures: await ground.signer.sign(pae) }
    }),
  )
  return written({ ...bundle, envelopes })
}

const otherSigner = () => {
  const { privateKey } = generateKeyPairSync('ed25519')
  return createKeySigner(keyOfPem('evidence', privateKey.export({ type: 'pkcs8', format: 'pem' })))
}

describe('AU-07 an attestation', () => {
  test('that is what was signed is believed, and signed anew by the same key as well', async () => {
    const report = await verify(honest)
    expect(failed(report)).toEqual([])
    expect(report).toMatchObject({ verdict: 'verified', run_id: 'run_1' })
    expect(await answerTo(await signedAnew(honest, (statement) => statement))).toBe('verified')
  })

  test('that a key of a sandbox signed is denied, also where it says that it is the platform’s', async () => {
    const forged = await ground.seal(ground.evidence, otherSigner())
    const report = await verify(forged)
    expect(report).toMatchObject({ verdict: 'denied', run_id: null })
    expect(failed(report)[0]).toMatchObject({ check: 'signature', next: expect.stringContaining('--key') })
    const bundle = opened(forged)
    const { key_id } = await openKey('evidence', ground.home)
    const renamed = bundle.envelopes.map((envelope) => ({
      ...envelope,
      signatures: envelope.signatures.map(({ sig }) => ({ keyid: key_id, sig })),
    }))
    expect(await answerTo(written({ ...bundle, envelopes: renamed }))).toBe('signature')
  })

  test('whose ledger key signed it is denied: a key has one use', async () => {
    const audit = createKeySigner(await openKey('audit', ground.home))
    expect(await answerTo(await ground.seal(ground.evidence, audit))).toBe('signature')
  })

  test('whose subject or predicate was edited is denied', async () => {
    const { head, base } = ground.evidence
    expect(await answerTo(edited(honest, (text) => text.replaceAll(head?.tree ?? '', base?.tree ?? '')))).toBe(
      'signature',
    )
    expect(await answerTo(edited(honest, (text) => text.replaceAll('"passed"', '"failed"')))).toBe('signature')
  })

  test('whose envelope says another type than was signed is denied', async () => {
    const renamed = honest.replaceAll('application/vnd.in-toto+json', 'application/vnd.other+json')
    expect(await answerTo(renamed)).toBe('signature')
  })

  test('whose statements do not agree is denied, however they are signed', async () => {
    const { head, base } = ground.evidence
    const swapped = await signedAnew(honest, (text, at) =>
      at === 1 ? text.replace(`"gitTree":"${head?.tree}"`, `"gitTree":"${base?.tree}"`) : text,
    )
    expect(await answerTo(swapped)).toBe('statements')
    const other_run = await signedAnew(honest, (text, at) => (at === 1 ? text.replaceAll('run_1', 'run_2') : text))
    expect(await answerTo(other_run)).toBe('statements')
    const greener = await signedAnew(honest, (text, at) => (at === 2 ? text.replace('a::stands', 'a::flies') : text))
    expect(await answerTo(greener)).toBe('statements')
    const elsewhere = await signedAnew(honest, (text) =>
      text.replaceAll('gander.example.org/builder', 'other.example.org/b'),
    )
    expect(await answerTo(elsewhere)).toBe('builder')
  })

  test('of which a statement is missing, twice there or from another packet is denied', async () => {
    const bundle = opened(honest)
    const [one, two, three] = bundle.envelopes
    expect(await answerTo(written({ ...bundle, envelopes: [one, two] }))).toBe('statements')
    expect(await answerTo(written({ ...bundle, envelopes: [one, two, two] }))).toBe('statements')
    const other = opened(await ground.seal({ ...ground.evidence, run_id: 'run_9' })).envelopes
    expect(await answerTo(written({ ...bundle, envelopes: [one, other[1], three] }))).toBe('statements')
  })

  test('that is shown for another commit is denied', async () => {
    const other = join(ground.root, 'other')
    await git(ground.root, 'clone', '--quiet', ground.repository, other)
    await git(other, 'checkout', '--quiet', '-b', 'gander/change', 'origin/gander/change')
    expect(failed(await verify(honest, { repository: other }))).toEqual([])
    await commit(other, 'b.txt', 'more\n')
    const [head] = failed(await verify(honest, { repository: other }))
    expect(head).toMatchObject({ check: 'head_current', detail: expect.stringContaining('moved') })
    await git(other, 'checkout', '--quiet', 'main')
    await commit(other, 'c.txt', 'moved on\n')
    expect(failed(await verify(honest, { repository: other })).map(({ check }) => check)).toContain('base_current')
    const { base } = ground.evidence
    const lied = {
      ...ground.evidence,
      head: { tree: base?.tree ?? '', commit: ground.evidence.head?.commit ?? null, branch: null },
    }
    const verification = { ...ground.evidence.verification, after: null }
    const [subject] = failed(await verify(await ground.seal({ ...lied, verification })))
    expect(subject).toMatchObject({ check: 'subject', detail: expect.stringContaining('not') })
  })

  test('of which any byte is another is denied', async () => {
    const bytes = Buffer.from(honest)
    const ends = [0, 1, 2, bytes.length - 1, bytes.length - 2]
    const sampled = Array.from({ length: 100 }, (_, at) => Math.floor((at * bytes.length) / 100))
    const believed: number[] = []
    for (const at of [...ends, ...sampled]) {
      const changed = Buffer.from(bytes)
      changed.writeUInt8((changed.readUInt8(at) ^ 1) & 0x7f, at)
      if (changed.equals(bytes)) continue
      if ((await answerTo(changed)) === 'verified') believed.push(at)
    }
    expect(believed).toEqual([])
  })

  test('that is no packet is refused by name, and nothing large is read', async () => {
    const shapes = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"schema":"gander.evidence/v2","envelopes":[]}',
      honest.slice(0, -40),
      ` ${honest}`,
    ]
    for (const shape of shapes) expect(await answerTo(shape)).toBe('packet_unreadable')
    expect(await answerTo(Buffer.from([0xff, 0x00, 0x80]))).toBe('packet_unreadable')
    const old = '{"schema":"gander.evidence/v1","answers":{},"evidence":{}}'
    await expect(verify(old)).rejects.toThrow(/version 1, which was not signed/)
    const large = join(ground.root, 'large.json')
    await writeFile(large, '{')
    await truncate(large, 1024 ** 3)
    const verifier = openVerification({ home: ground.home, version: '1' })
    await expect(verifier.verify({ packet: large, keys: [], run: false })).rejects.toThrow(/1073741824 bytes/)
    await expect(verifier.verify({ packet: '/dev/zero', keys: [], run: false })).rejects.toThrow(/is no file/)
  })
})
