import type { CutSecrets } from '#domain/event'
import { GanderError } from '#domain/failure'
import { PACKET_SCHEMA, type EvidencePacket } from '#domain/packet'
import type { ArtifactStore, EvidenceSealer, EvidenceSigner, Redactor, RunArtifact } from '#ports'
import { answerQuestions } from './answer-questions.ts'
import { readEvidence, sealBundle } from './bundle.ts'
import { renderPacket } from './render-packet.ts'

/** Makes the sealer; whatever is in the evidence passes the redactor before it is signed and stored. */
export function createEvidenceSealer(parts: {
  readonly artifacts: ArtifactStore
  readonly redactor: Redactor
  readonly signer: EvidenceSigner
}): EvidenceSealer {
  const { artifacts, redactor, signer } = parts
  const store = async (kind: string, name: string, text: string): Promise<RunArtifact> => {
    const ref = await artifacts.put(text)
    return { ...ref, kind, name, data_class: 'internal' }
  }
  return {
    async seal(evidence) {
      const { packet, cut } = await redacted(
        { schema: PACKET_SCHEMA, answers: answerQuestions(evidence), evidence },
        redactor,
      )
      const { text, key_ids } = await sealBundle(packet, signer)
      const json = await store('evidence_packet', 'packet.json', text)
      const page = await store('evidence_page', 'packet.md', renderPacket(packet, { sha256: json.sha256, key_ids }))
      return { packet, sha256: json.sha256, artifacts: [json, page], cut }
    },
    async open(sha256) {
      const bytes = await artifacts.get(sha256)
      if (bytes === undefined) throw new GanderError('packet_unreadable', `The packet ${sha256} is not in the store.`)
      return readEvidence(Buffer.from(bytes).toString('utf8'))
    },
  }
}

async function redacted(
  packet: EvidencePacket,
  redactor: Redactor,
): Promise<{ readonly packet: EvidencePacket; readonly cut: CutSecrets }> {
  const { text: _, ...cut } = await redactor.redact(JSON.stringify(packet))
  if (cut.count === 0) return { packet, cut }
  // Value by value, so that no pattern reaches over the quotes; only strings change, so it stays a packet.
  return { packet: (await redactValue(packet, redactor)) as EvidencePacket, cut }
}

async function redactValue(value: unknown, redactor: Redactor): Promise<unknown> {
  if (typeof value === 'string') return (await redactor.redact(value)).text
  if (Array.isArray(value)) return Promise.all(value.map((item) => redactValue(item, redactor)))
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(
    async ([key, member]) => [key, await redactValue(member, redactor)] as const,
  )
  return Object.fromEntries(await Promise.all(members))
}
