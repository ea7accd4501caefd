import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeySigner, openKey } from '#adapters/signing'
import { DEFAULT_LIMITS, NO_USE } from '#domain/budget'
import type { RunEvidence } from '#domain/packet'
import type { Task } from '#domain/task'
import type { VerificationReport } from '#domain/verification'
import { createEvidenceSealer } from '#evidence-plane/packet'
import { createRedactor } from '#evidence-plane/redaction'
import type { ArtifactStore, EvidenceSigner } from '#ports'
import { git } from '../lab/lab.ts'

/** A home with a key and a repository with a proposed branch, and packets about them. */
export interface PacketGround {
  readonly root: string
  readonly home: string
  readonly repository: string
  readonly evidence: RunEvidence
  readonly signer: EvidenceSigner
  /** Seals evidence with a signer, by default the home's; gives the packet's text. */
  seal(evidence?: RunEvidence, signer?: EvidenceSigner): Promise<string>
  /** Writes a file below the root and gives its path. */
  file(name: string, content: string | Uint8Array): Promise<string>
  close(): Promise<void>
}

/** Opens a ground in a temporary folder. */
export async function openPacketGround(): Promise<PacketGround> {
  const root = await mkdtemp(join(tmpdir(), 'gander-packet-'))
  const home = join(root, 'home')
  const repository = join(root, 'repository')
  await mkdir(repository)
  await git(repository, 'init', '--quiet', '--initial-branch=main')
  const base = await commit(repository, 'a.txt', 'one\n')
  await git(repository, 'checkout', '--quiet', '-b', 'gander/change')
  const head = await commit(repository, 'a.txt', 'two\n')
  await git(repository, 'checkout', '--quiet', 'main')
  const evidence = evidenceOf(repository, base, head)
  const signer = createKeySigner(await openKey('evidence', home))
  return {
    root,
    home,
    repository,
    evidence,
    signer,
    seal: (about = evidence, by = signer) => sealed(about, by),
    file: async (name, content) => {
      await writeFile(join(root, name), content)
      return join(root, name)
    },
    close: () => rm(root, { recursive: true, force: true }),
  }
}

async function sealed(evidence: RunEvidence, signer: EvidenceSigner): Promise<string> {
  const texts: string[] = []
  const artifacts: ArtifactStore = {
    put: async (content) => {
      texts.push(String(content))
      return { sha256: 'f'.repeat(64), bytes: content.length }
    },
    get: async () => undefined,
    locate: async () => undefined,
  }
  await createEvidenceSealer({ artifacts, redactor: createRedactor(), signer }).seal(evidence)
  return texts[0] ?? ''
}

interface Made {
  readonly commit: string
  readonly tree: string
}

/** Makes a commit of one file on the branch that is checked out. */
export async function commit(repository: string, name: string, text: string): Promise<Made> {
  await writeFile(join(repository, name), text)
  await git(repository, 'add', '--all')
  await git(repository, 'commit', '--quiet', '--message', text.trim())
  const [made, tree] = await Promise.all([
    git(repository, 'rev-parse', 'HEAD'),
    git(repository, 'rev-parse', 'HEAD^{tree}'),
  ])
  return { commit: made, tree }
}

function evidenceOf(repository: string, base: Made, head: Made): RunEvidence {
  const report = (tree: string): VerificationReport => ({
    profile: 'own',
    profile_version: 'd'.repeat(64),
    tree,
    sandbox_fingerprint: 'e'.repeat(64),
    outcome: 'passed',
    reason: 'every required phase passed',
    phases: [
      {
        id: 'tests',
        argv: ['true'],
        required: true,
        outcome: 'passed',
        exit_code: 0,
        duration_ms: 1,
        tests: [{ id: 'a::stands', outcome: 'passed' }],
        log_sha256: null,
      },
    ],
    started_at: '2026-01-05T09:00:00Z',
    duration_ms: 1,
  })
  return {
    run_id: 'run_1',
    task: {
      id: 'task_1',
      tenant_id: 'local',
      repository,
      title: 'Say two',
      objective: 'The file says two.',
      success_criteria: [],
      constraints: [],
      scope: { allowed_paths: [], forbidden_paths: [], max_changed_files: 1, max_diff_lines: 1 },
      requester: 'ada',
      mode: 'draft_pr',
      agent: { kind: 'transform', rule: { kind: 'command', argv: ['true'] } },
      verification: null,
    } as unknown as Task,
    outcome: { state: 'completed', summary: 'It says two.', diagnosis: null },
    base: { ...base, ref: 'main', repository },
    head: { ...head, branch: 'gander/change' },
    change: { files: [], stat: { files: 1, added: 1, deleted: 1 }, patch_sha256: null },
    plan: null,
    decisions: [],
    steps: [],
    reproduction: null,
    verification: { before: report(base.tree), after: report(head.tree), delta: null },
    verdicts: [],
    judgement: null,
    costs: { limits: DEFAULT_LIMITS, use: NO_USE, unknown_calls: 0 },
    incidents: [],
    versions: {
      agent_runtime: '1',
      prompt_contract: '1',
      system_prompt: '1',
      tool_schema: '1',
      verifier_profile: `own@${'d'.repeat(64)}`,
      policy: '1',
      sandbox_image: 'e'.repeat(64),
      model_router: 'transform',
      repository_base_sha: base.commit,
      context_manifest: 'none',
      judge_rubric: '1',
      redaction_policy: '1',
    },
    artifacts: [],
    started_at: '2026-01-05T09:00:00Z',
  }
}
