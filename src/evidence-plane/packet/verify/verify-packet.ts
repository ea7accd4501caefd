import { GanderError } from '#domain/failure'
import type { EvidencePacket, RunEvidence } from '#domain/packet'
import type { Result } from '#domain/result'
import type { VerificationProfile, VerificationReport } from '#domain/verification'
import { PACKET_CHECKS, type PacketCheck, type PacketReport } from '#ports'
import { readBundle } from '../bundle.ts'
import { fail, notChecked, pass, short } from './check.ts'
import { checkSignatures, type TrustedKeys } from './check-signatures.ts'
import { checkStatements } from './check-statements.ts'
import { compareResults, knownFlaky, sameCommands } from './compare-results.ts'
import { checkRepository, type PacketRepository } from './repository-checks.ts'

/** Runs what a packet says of tests again; a refusal says why that could not be done. */
export interface Reverification {
  /** The profile as the base commit has it, found anew. */
  profile(): Promise<Result<VerificationProfile, string>>
  /** In a clean sandbox, on a checkout of the base commit or of the proposed tree. */
  run(side: 'base' | 'head', profile: VerificationProfile): Promise<Result<VerificationReport, string>>
}

/** What a packet is verified with. */
export interface VerificationParts {
  readonly keys: TrustedKeys
  /** Whether the bytes of an artifact are on this machine, and whole; undefined where they are not there. */
  readonly artifact: (evidence: RunEvidence, sha256: string) => Promise<'whole' | 'corrupt' | undefined>
  readonly repository: (evidence: RunEvidence) => Promise<PacketRepository>
  /** Null: nothing is to be run. */
  readonly again: ((evidence: RunEvidence) => Promise<Reverification>) | null
  readonly progress: (doing: string) => void
}

/**
 * Verifies a packet, cheapest first: nothing is believed before its signature holds, no repository is read for a packet
 * that contradicts itself, and nothing is run for one that was denied already.
 * @throws GanderError `packet_unreadable`, and what reading the repository throws
 */
export async function verifyPacket(
  file: { readonly text: string; readonly sha256: string },
  parts: VerificationParts,
): Promise<PacketReport> {
  const read = readBundle(file.text)
  if (!read.ok) throw new GanderError('packet_unreadable', `This is no evidence packet: ${read.refusal}.`)
  const { envelopes } = read.value
  const signature = checkSignatures(envelopes, parts.keys)
  if (signature.answer === 'fail') return report(file.sha256, null, [signature])
  const { checks, packet } = checkStatements(envelopes)
  if (packet === undefined) return report(file.sha256, null, [signature, ...checks])
  const held = [signature, ...checks, ...(await heldAgainstWorld(packet, parts))]
  return report(file.sha256, packet.evidence.run_id, held)
}

async function heldAgainstWorld(
  { evidence }: EvidencePacket,
  parts: VerificationParts,
): Promise<readonly PacketCheck[]> {
  const artifacts = await checkArtifacts(evidence, parts)
  parts.progress('reading the repository')
  const repository = await checkRepository(evidence, await parts.repository(evidence))
  const denied = [artifacts, ...repository].some(({ answer }) => answer === 'fail')
  const subject_held = repository.some(({ check, answer }) => check === 'subject' && answer === 'pass')
  const why = denied ? 'nothing is run for a packet that is denied' : 'left out with --no-run'
  if (denied || parts.again === null)
    return [artifacts, ...repository, ...RUN_CHECKS.map((check) => notChecked(check, why))]
  return [artifacts, ...repository, ...(await checkResults({ evidence, subject_held }, parts, parts.again))]
}

const RUN_CHECKS = ['profile', 'base_results', 'head_results'] as const

async function checkArtifacts(evidence: RunEvidence, { artifact }: VerificationParts): Promise<PacketCheck> {
  const { artifacts } = evidence
  let whole = 0
  for (const { sha256, name } of artifacts) {
    const found = await artifact(evidence, sha256)
    if (found === 'corrupt')
      return fail(
        'artifacts',
        `The artifact ${name} does not have its hash ${short(sha256)}.`,
        'Restore it from a backup.',
      )
    if (found === 'whole') whole += 1
  }
  if (whole === 0) return notChecked('artifacts', `none of its ${artifacts.length} artifacts is on this machine`)
  const rest = whole === artifacts.length ? '' : `, the other ${artifacts.length - whole} are not on this machine`
  return pass('artifacts', `${whole} of ${artifacts.length} by their hashes${rest}`)
}

async function checkResults(
  { evidence, subject_held }: { readonly evidence: RunEvidence; readonly subject_held: boolean },
  { progress }: VerificationParts,
  open: NonNullable<VerificationParts['again']>,
): Promise<readonly PacketCheck[]> {
  const { before, after } = evidence.verification
  if (before === null && after === null)
    return RUN_CHECKS.map((check) => notChecked(check, 'the packet claims no result of a verification'))
  const again = await open(evidence)
  const found = await again.profile()
  const profile = checkProfile(evidence, found)
  if (!found.ok || profile.answer === 'fail') {
    const why = 'the profile is not the one of the packet'
    return [profile, notChecked('base_results', why), notChecked('head_results', why)]
  }
  const sides: PacketCheck[] = []
  for (const [side, was] of [['base', before] as const, ['head', after] as const]) {
    progress(`running the verification of the ${side} again`)
    sides.push(await checkSide(evidence, { side, was, subject_held }, () => again.run(side, found.value)))
  }
  return [profile, ...sides]
}

function checkProfile({ profile }: RunEvidence, found: Result<VerificationProfile, string>): PacketCheck {
  if (!found.ok) return fail('profile', `The base commit has no profile: ${found.refusal}`, NO_RUN)
  const { id, version } = found.value
  if (profile === undefined || profile === null)
    return fail('profile', 'The packet has no profile to run again.', 'It is from an older Gander; run the task again.')
  if (!sameCommands(profile, found.value))
    return fail(
      'profile',
      `The base commit gives the profile ${id} ${short(version)} here, and the packet has ${profile.id} ${short(profile.version)}.`,
      'Use the version of Gander that made the packet (agent_runtime), with the same tools installed.',
    )
  const same = profile.version === version ? '' : '; it fetches packages from elsewhere here'
  return pass('profile', `${id} ${short(version)}, found again in the base commit${same}`)
}

const NO_RUN = '--no-run verifies the rest without it.'

interface Side {
  readonly side: 'base' | 'head'
  readonly was: VerificationReport | null
  /** False: the proposed tree could not be had. */
  readonly subject_held: boolean
}

async function checkSide(
  evidence: RunEvidence,
  { side, was, subject_held }: Side,
  run: () => Promise<Result<VerificationReport, string>>,
): Promise<PacketCheck> {
  const check = `${side}_results` as const
  if (was === null) return notChecked(check, `the packet has no results of the ${side}`)
  if (side === 'head' && !subject_held) return notChecked(check, 'the proposed tree is not there')
  const is = await run()
  if (!is.ok) return fail(check, `It could not be run again: ${is.refusal}`, NO_RUN)
  const { compared, departed, excused } = compareResults(was, is.value, knownFlaky(evidence))
  const [first] = departed
  if (first !== undefined)
    return fail(
      check,
      `${departed.length} of ${compared} results differ: ${departed.slice(0, 3).join('; ')}${departed.length > 3 ? '; …' : ''}.`,
      'Run it once more: a result that changes by itself is a flaky test; one that does not was never so.',
    )
  const flaky = excused.length === 0 ? '' : `; known as flaky and different now: ${excused.slice(0, 3).join(', ')}`
  const elsewhere = was.sandbox_fingerprint === is.value.sandbox_fingerprint ? '' : ', in another sandbox image'
  return pass(check, `${compared} results are the same by test id${elsewhere}${flaky}`)
}

/** Every check has a line; those that were never reached say so. */
function report(packet_sha256: string, run_id: string | null, made: readonly PacketCheck[]): PacketReport {
  const checks = PACKET_CHECKS.map(
    (check) => made.find((each) => each.check === check) ?? notChecked(check, 'an earlier check failed'),
  )
  const denied = checks.some(({ answer }) => answer === 'fail')
  return { verdict: denied ? 'denied' : 'verified', packet_sha256, run_id, checks }
}
