import { createHash } from 'node:crypto'
import { canonicalJson } from '#domain/json'
import type { EvidencePacket, RunEvidence } from '#domain/packet'
import type { TestOutcome } from '#domain/verification'
import { BUILD_TYPE, BUILDER_ID, PREDICATES, STATEMENT_TYPE } from './identities.ts'
import type { Descriptor, Statement, Subject } from './statement.ts'

/** Everything a packet says, as three statements about the same subjects; the first one has all of it. */
export function makeStatements(packet: EvidencePacket): readonly Statement[] {
  const { evidence } = packet
  const about = (predicateType: string, predicate: object): Statement => ({
    _type: STATEMENT_TYPE,
    subject: [...subjectsOf(evidence)],
    predicateType,
    predicate: { ...predicate },
  })
  return [
    about(PREDICATES.evidence, packet),
    about(PREDICATES.provenance, provenanceOf(evidence)),
    about(PREDICATES.test_result, testResultOf(evidence)),
  ]
}

/**
 * What the packet is about: the proposed tree, and its commit where there is one. A run that proposed nothing is about
 * its base; one that never came that far is about its contract. A change that was published nowhere is in its patch.
 */
export function subjectsOf(evidence: RunEvidence): readonly Subject[] {
  const { patch_sha256 } = evidence.change
  const subjects = subjectsWithoutPatch(evidence)
  return isUnpublished(evidence) && patch_sha256 !== null
    ? [...subjects, { name: 'change.patch', digest: { sha256: patch_sha256 } }]
    : subjects
}

/** True where a change was proposed and neither a branch nor a commit has it. */
export const isUnpublished = ({ head }: Pick<RunEvidence, 'head'>): boolean =>
  head !== null && head.commit === null && head.branch === null

/** The subjects as packets had them before patches were among them. */
export function subjectsWithoutPatch({ head, base, task }: RunEvidence): readonly Subject[] {
  const of = head ?? (base === null ? null : { tree: base.tree, commit: base.commit })
  if (of === null) return [{ name: 'contract', digest: { sha256: sha256Of(task) } }]
  const tree = { name: 'tree', digest: { gitTree: of.tree } }
  return of.commit === null ? [tree] : [tree, { name: 'commit', digest: { gitCommit: of.commit } }]
}

/** SLSA provenance: who made it, from which contract and on top of what. */
function provenanceOf(evidence: RunEvidence) {
  const { run_id, task, artifacts, started_at, sealed_at, versions } = evidence
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { contract: task },
      internalParameters: { versions },
      resolvedDependencies: materialsOf(evidence),
    },
    runDetails: {
      builder: { id: BUILDER_ID, version: { gander: versions.agent_runtime } },
      metadata: {
        invocationId: run_id,
        startedOn: started_at,
        ...(sealed_at !== undefined && { finishedOn: sealed_at }),
      },
      byproducts: artifacts.map(({ kind, name, sha256 }) => ({ name: `${kind}/${name}`, digest: { sha256 } })),
    },
  }
}

function materialsOf(evidence: RunEvidence): readonly Descriptor[] {
  const { base, versions, effective_policy_sha256, allowed_models = [] } = evidence
  const named = (name: string, version: string): Descriptor => ({
    name,
    ...digestOf(version),
    uri: uriOf(name, version),
  })
  const policy = effective_policy_sha256 ?? versions.policy
  return [
    ...(base === null
      ? []
      : [
          {
            name: 'base',
            uri: `git+${base.repository}@${base.ref}`,
            digest: { gitCommit: base.commit, gitTree: base.tree },
          },
        ]),
    named('verifier_profile', versions.verifier_profile),
    named('policy', policy),
    named('sandbox_image', versions.sandbox_image),
    ...allowed_models.map((model) => named('model', model)),
  ]
}

const uriOf = (name: string, version: string): string => `urn:gander:${name}:${encodeURIComponent(version)}`

/** Versions that are hashes are told as such; others are names. */
function digestOf(version: string): { readonly digest?: { readonly sha256: string } } {
  const [hash] = /\b[0-9a-f]{64}\b/.exec(version) ?? []
  return hash === undefined ? {} : { digest: { sha256: hash } }
}

/** The tests of the proposed tree by id. What could not be verified has not passed. */
export function testResultOf(evidence: RunEvidence) {
  const { verification, run_id } = evidence
  const { after } = verification
  const of = after ?? verification.before
  const tests = (of?.phases ?? []).flatMap((phase) => phase.tests)
  const withOutcome = (...outcomes: readonly TestOutcome[]) =>
    [...new Set(tests.filter(({ outcome }) => outcomes.includes(outcome)).map(({ id }) => id))].sort()
  const profile = of?.profile ?? 'none'
  return {
    result: resultOf(evidence),
    configuration: [
      {
        name: profile,
        uri: uriOf('verifier_profile', `${profile}@${of?.profile_version ?? 'none'}`),
        ...digestOf(of?.profile_version ?? ''),
        annotations: { run_id, tree: of?.tree ?? null },
      },
    ],
    passedTests: withOutcome('passed'),
    warnedTests: withOutcome('skipped'),
    failedTests: withOutcome('failed', 'error'),
  }
}

function resultOf({ verification: { after }, verdicts }: RunEvidence): 'PASSED' | 'WARNED' | 'FAILED' {
  const gate = verdicts.find((verdict) => verdict.gate === 'verification')
  if (after === null || gate === undefined) return after?.outcome === 'passed' ? 'PASSED' : 'FAILED'
  if (gate.answer !== 'pass') return 'FAILED'
  // It stands on what failed before as well: nothing got worse, and not everything is well.
  return after.outcome === 'passed' ? 'PASSED' : 'WARNED'
}

const sha256Of = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex')
