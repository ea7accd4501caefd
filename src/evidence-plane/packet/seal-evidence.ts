import type { CutSecrets } from '#domain/event'
import type { EvidencePacket } from '#domain/packet'
import type { ArtifactStore, EvidenceSealer, Redactor, RunArtifact } from '#ports'
import { answerQuestions } from './answer-questions.ts'
import { renderPacket } from './render-packet.ts'

/** Makes the sealer; whatever is in the evidence passes the redactor before it is stored. */
export function createEvidenceSealer(parts: {
  readonly artifacts: ArtifactStore
  readonly redactor: Redactor
}): EvidenceSealer {
  const { artifacts, redactor } = parts
  const store = async (kind: string, name: string, text: string): Promise<RunArtifact> => {
    const ref = await artifacts.put(text)
    return { ...ref, kind, name, data_class: 'internal' }
  }
  return {
    async seal(evidence) {
      const { packet, cut } = await redacted(
        { schema: 'gander.evidence/v1', answers: answerQuestions(evidence), evidence },
        redactor,
      )
      const json = await store('evidence_packet', 'packet.json', `${JSON.stringify(packet, null, 2)}\n`)
      const page = await store('evidence_page', 'packet.md', renderPacket(packet, json.sha256))
      return { packet, sha256: json.sha256, artifacts: [json, page], cut }
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
