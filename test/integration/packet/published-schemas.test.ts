import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readEvidence } from '#evidence-plane/packet'
import { openPacketGround, type PacketGround } from '../../support/packet/packet-ground.ts'

const published = (name: string): object =>
  JSON.parse(readFileSync(new URL(`../../../docs/reference/${name}`, import.meta.url), 'utf8')) as object
const ajv = new Ajv2020({ strict: false })
const bundle = ajv.compile(published('evidence-bundle.schema.json'))
const predicate = ajv.compile(published('evidence-predicate.schema.json'))

let ground: PacketGround
beforeAll(async () => {
  ground = await openPacketGround()
})
afterAll(() => ground.close())

it('a packet is what its published schemas say, and what is none is not', async () => {
  const text = await ground.seal()
  expect(bundle(JSON.parse(text)), JSON.stringify(bundle.errors)).toBe(true)
  const packet = readEvidence(text)
  expect(predicate(packet), JSON.stringify(predicate.errors)).toBe(true)
  expect(bundle({ ...(JSON.parse(text) as object), envelopes: [] })).toBe(false)
  expect(predicate({ ...packet, evidence: { ...packet.evidence, run_id: 7 } })).toBe(false)
})
