import { canonicalJson } from '#domain/json'
import { PACKET_SCHEMA, type EvidencePacket } from '#domain/packet'
import type { PacketCheck } from '#ports'
import { payloadOf, type Envelope } from '../envelope.ts'
import { evidencePredicateSchema, provenanceSchema, testResultSchema } from '../predicates.ts'
import { BUILD_TYPE, BUILDER_ID, PREDICATES } from '../identities.ts'
import { subjectsOf, subjectsWithoutPatch, testResultOf } from '../make-statements.ts'
import { statementSchema, type Statement } from '../statement.ts'
import { fail, pass } from './check.ts'

/** What the statements came to; `packet` only where they agree. */
interface Stated {
  readonly checks: readonly PacketCheck[]
  readonly packet: EvidencePacket | undefined
}

const ASK = 'Ask for the packet again where the run was made; do not rely on this one.'

/** Reads the statements of envelopes whose signatures hold, and holds them against each other: one run, one subject. */
export function checkStatements(envelopes: readonly Envelope[]): Stated {
  const wrong = (detail: string): Stated => ({ checks: [fail('statements', detail, ASK)], packet: undefined })
  const statements: Statement[] = []
  for (const [at, envelope] of envelopes.entries()) {
    const read = statementSchema.safeParse(parsed(envelope))
    if (!read.success) return wrong(`What envelope ${at + 1} holds is no in-toto statement.`)
    statements.push(read.data)
  }
  const found = (type: string) => statements.filter(({ predicateType }) => predicateType === type)
  for (const type of Object.values(PREDICATES))
    if (found(type).length !== 1) return wrong(`It has ${found(type).length} statements of the type ${type}, not one.`)
  if (statements.length !== 3) return wrong('It has a statement of a kind that no packet has.')
  const evidence = evidencePredicateSchema.safeParse(found(PREDICATES.evidence)[0]?.predicate)
  const provenance = provenanceSchema.safeParse(found(PREDICATES.provenance)[0]?.predicate)
  const tests = testResultSchema.safeParse(found(PREDICATES.test_result)[0]?.predicate)
  if (!evidence.success || !provenance.success || !tests.success)
    return wrong('A statement lacks what its kind must say.')
  // Its members that are read below were checked; the rest is shown and compared as JSON.
  const packet = evidence.data as unknown as EvidencePacket
  const disagreed = disagreement({ packet, statements, provenance: provenance.data, tests: tests.data })
  if (disagreed !== undefined) return wrong(disagreed)
  const { id } = provenance.data.runDetails.builder
  const type = provenance.data.buildDefinition.buildType
  if (id !== BUILDER_ID || type !== BUILD_TYPE) return { checks: [AGREE, foreign(id, type)], packet: undefined }
  return { checks: [AGREE, pass('builder', `${id}, run ${packet.evidence.run_id}`)], packet }
}

const AGREE = pass('statements', 'evidence, provenance and test result speak of one run and one subject')

const foreign = (id: string, type: string): PacketCheck =>
  fail('builder', `It was built by ${JSON.stringify(id)} (${JSON.stringify(type)}), not by Gander.`, ASK)

interface Compared {
  readonly packet: EvidencePacket
  readonly statements: readonly Statement[]
  readonly provenance: ReturnType<typeof provenanceSchema.parse>
  readonly tests: ReturnType<typeof testResultSchema.parse>
}

/** Where two statements say different things; undefined: nowhere. */
function disagreement({ packet, statements, provenance, tests }: Compared): string | undefined {
  const { evidence } = packet
  const subject = canonicalJson(statements[0]?.subject)
  const known = [subjectsOf(evidence), subjectsWithoutPatch(evidence)].map((each) => canonicalJson(each))
  if (!known.includes(subject) || statements.some((each) => canonicalJson(each.subject) !== subject))
    return 'Its statements are about different subjects, or not about what the evidence describes.'
  if (packet.schema !== PACKET_SCHEMA) return `Its evidence is of the form ${JSON.stringify(packet.schema)}.`
  const { buildDefinition, runDetails } = provenance
  if (runDetails.metadata.invocationId !== evidence.run_id) return 'Provenance and evidence are of different runs.'
  if (canonicalJson(buildDefinition.externalParameters.contract) !== canonicalJson(evidence.task))
    return 'Provenance and evidence name different contracts.'
  const base = buildDefinition.resolvedDependencies.find(({ name }) => name === 'base')?.digest?.['gitCommit']
  if (base !== evidence.base?.commit) return 'Provenance and evidence start from different commits.'
  if (canonicalJson(tests) !== canonicalJson(testResultOf(evidence)))
    return 'The test result is not the one of the evidence.'
  const { before, after } = evidence.verification
  if (
    (before !== null && before.tree !== evidence.base?.tree) ||
    (after !== null && after.tree !== evidence.head?.tree)
  )
    return 'Its results are of other trees than those it is about.'
  return undefined
}

function parsed(envelope: Envelope): unknown {
  try {
    return JSON.parse(payloadOf(envelope).toString('utf8'))
  } catch {
    return undefined
  }
}
