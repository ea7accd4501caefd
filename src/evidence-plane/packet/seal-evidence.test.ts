import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, NO_USE } from '#domain/budget'
import { QUESTIONS, type RunEvidence } from '#domain/packet'
import type { Task } from '#domain/task'
import type { ArtifactStore, EvidenceSigner, Redactor } from '#ports'
import { inClear, readBundle, readEvidence } from './bundle.ts'
import { payloadOf, preAuthentication } from './envelope.ts'
import { createEvidenceSealer } from './seal-evidence.ts'

const SECRET = 'correct-horse-battery'

function store(): ArtifactStore & { readonly texts: string[] } {
  const texts: string[] = []
  return {
    texts,
    put: async (content) => {
      texts.push(String(content))
      return { sha256: String(texts.length).repeat(64).slice(0, 64), bytes: content.length }
    },
    get: async () => undefined,
    locate: async () => undefined,
  }
}

const key = generateKeyPairSync('ed25519')
const signer: EvidenceSigner = {
  sign: async (bytes) => [{ keyid: 'a'.repeat(64), sig: sign(null, bytes, key.privateKey).toString('base64') }],
}

const redactor: Redactor = {
  version: 'test',
  register: () => undefined,
  redact: async (text) => {
    const count = text.split(SECRET).length - 1
    return { text: text.replaceAll(SECRET, '[redacted]'), count, kinds: [], confirmed: false }
  },
}

const task = {
  title: 'Add the <b>counts</b>',
  objective: 'Counts are added.',
  success_criteria: [{ text: 'They are.', origin: 'stated' }],
  constraints: [],
  scope: { allowed_paths: [], forbidden_paths: [], max_changed_files: 1, max_diff_lines: 1 },
  requester: 'ada',
  mode: 'draft_pr',
} as unknown as Task

const evidence = (more: Partial<RunEvidence> = {}): RunEvidence => ({
  run_id: 'run_1',
  task,
  outcome: { state: 'needs_human', summary: `It said ${SECRET} "quoted"`, diagnosis: null },
  base: null,
  head: null,
  change: { files: [], stat: { files: 0, added: 0, deleted: 0 }, patch_sha256: null },
  plan: null,
  decisions: [],
  steps: [],
  reproduction: null,
  verification: { before: null, after: null, delta: null },
  verdicts: [],
  judgement: null,
  costs: { limits: DEFAULT_LIMITS, use: NO_USE, unknown_calls: 0 },
  incidents: [],
  versions: {
    agent_runtime: '1',
    prompt_contract: '1',
    system_prompt: '1',
    tool_schema: '1',
    verifier_profile: '1',
    policy: '1',
    sandbox_image: '1',
    model_router: '1',
    repository_base_sha: '1',
    context_manifest: '1',
    judge_rubric: '1',
    redaction_policy: '1',
  },
  artifacts: [],
  started_at: '2026-01-05T09:00:00Z',
  ...more,
})

describe('a sealed packet', () => {
  it('answers every question, also of a run that found nothing', async () => {
    const { packet } = await createEvidenceSealer({ artifacts: store(), redactor, signer }).seal(evidence())
    for (const question of QUESTIONS) expect(packet.answers[question].length).toBeGreaterThan(0)
  })

  it('claims no proof where nothing was verified', async () => {
    const { packet } = await createEvidenceSealer({ artifacts: store(), redactor, signer }).seal(evidence())
    expect(packet.answers.what_proves_it).toEqual(['No verification ran.'])
    expect(packet.answers.why_it_is_right.join(' ')).toContain('unproved')
  })

  it('holds no secret in either form, and stays JSON', async () => {
    const artifacts = store()
    const { packet } = await createEvidenceSealer({ artifacts, redactor, signer }).seal(evidence())
    expect(artifacts.texts.map(inClear).join('')).not.toContain(SECRET)
    expect(packet.evidence.outcome.summary).toBe('It said [redacted] "quoted"')
    expect(readEvidence(artifacts.texts[0] ?? '')).toEqual(packet)
  })

  it('shows text of outsiders as text on its page', async () => {
    const artifacts = store()
    await createEvidenceSealer({ artifacts, redactor, signer }).seal(evidence())
    expect(artifacts.texts[1]).toContain('# Evidence: Add the &lt;b>counts&lt;/b>')
  })

  it('is read in a minute, however much there is to tell', async () => {
    const artifacts = store()
    const long = { ...task, constraints: Array.from({ length: 200 }, (_, at) => `Rule ${at}`) } as Task
    await createEvidenceSealer({ artifacts, redactor, signer }).seal(evidence({ task: long }))
    const lines = (artifacts.texts[1] ?? '').split('\n')
    expect(lines.length).toBeLessThanOrEqual(62)
    expect(lines.join('\n')).toMatch(/gander verify packet\.json[\s\S]*`a{64}`/)
  })

  it('is three statements about one subject, each signed over its type and its bytes', async () => {
    const artifacts = store()
    const head = { tree: 'd'.repeat(40), commit: 'c'.repeat(40), branch: 'gander/x' }
    await createEvidenceSealer({ artifacts, redactor, signer }).seal(evidence({ head }))
    const read = readBundle(artifacts.texts[0] ?? '')
    if (!read.ok) throw new Error(read.refusal)
    const { envelopes } = read.value
    const statements = envelopes.map((each) => JSON.parse(payloadOf(each).toString()) as { subject: unknown })
    expect(statements).toHaveLength(3)
    for (const { subject } of statements)
      expect(subject).toEqual([
        { name: 'tree', digest: { gitTree: head.tree } },
        { name: 'commit', digest: { gitCommit: head.commit } },
      ])
    for (const each of envelopes) {
      const pae = preAuthentication(each.payloadType, payloadOf(each))
      expect(verify(null, pae, key.publicKey, Buffer.from(each.signatures[0]?.sig ?? '', 'base64'))).toBe(true)
    }
  })

  it('encodes what is signed as the DSSE specification does', () => {
    const encoded = preAuthentication('http://example.com/HelloWorld', Buffer.from('hello world'))
    expect(Buffer.from(encoded).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
  })

  it('of version 1 stays readable', () => {
    const old = { schema: 'gander.evidence/v1', answers: {}, evidence: { run_id: 'run_1' } }
    expect(readEvidence(JSON.stringify(old)).evidence.run_id).toBe('run_1')
  })

  it('names what was seen of secrets', async () => {
    const incidents = [{ kind: 'github_token', where: 'unit_tests', is_confirmed: false }]
    const { packet } = await createEvidenceSealer({ artifacts: store(), redactor, signer }).seal(
      evidence({ incidents }),
    )
    expect(packet.answers.what_risk_is_left.join('\n')).toMatch(/looks like a secret \(github_token\)/)
  })
})
