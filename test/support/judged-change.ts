import type { Change, FileChange } from '#domain/change'
import type { Verdict } from '#domain/gate'
import type { Json } from '#domain/json'
import type { VerificationReport } from '#domain/verification'
import type { JudgeRequest } from '#execution-plane/judge'
import type { ArtifactStore, Redactor } from '#ports'
import { memoryJournal } from './agents/memory-journal.ts'
import { calls, CHEAP, fakeClock, MODEL, scriptedGateway, taskOf } from './agents/scripted-session.ts'

export const PASS = {
  verdict: 'pass',
  confidence: 'high',
  checks: {
    intent_alignment: 'pass',
    scope_control: 'pass',
    test_evidence: 'pass',
    unrelated_change: 'pass',
    risk: 'low',
  },
  reasons: [{ text: 'parse("") returns [] and a test shows it.', evidence_refs: ['C1', 'F1', 'V-tests'] }],
  required_human_attention: ['Confirm the empty list with callers.'],
}
export const FAIL = {
  ...PASS,
  verdict: 'fail',
  checks: { ...PASS.checks, unrelated_change: 'fail' },
  reasons: [{ text: 'The lexer was reformatted.', evidence_refs: ['F1'] }],
}
export const submits = (judgement: Json) => calls(['submit_judgement', judgement])

export const REPORT: VerificationReport = {
  profile: 'p',
  profile_version: 'v',
  tree: 't',
  sandbox_fingerprint: 'f',
  outcome: 'passed',
  reason: '',
  phases: [],
  started_at: '2026-01-01T00:00:00.000Z',
  duration_ms: 1,
}
const file = (path: string): FileChange => ({
  path,
  kind: 'modified',
  old_mode: '100644',
  new_mode: '100644',
  old_blob: 'a',
  new_blob: 'b',
  added_lines: 1,
  deleted_lines: 1,
})
const diffOf = (path: string, lines: readonly string[]) =>
  `diff --git a/${path} b/${path}\nindex a..b 100644\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n${lines.map((line) => `+${line}\n`).join('')}`
export const changeOf = (files: Readonly<Record<string, readonly string[]>>): Change => ({
  base_tree: 'base',
  head_tree: 'head',
  files: Object.keys(files).map(file),
  patch: Object.entries(files)
    .map(([path, lines]) => diffOf(path, lines))
    .join(''),
})
export const gate = (over: Partial<Verdict>): Verdict => ({
  gate: 'boundary',
  answer: 'pass',
  decided_by: 'deterministic',
  reason: 'inside',
  findings: [],
  evidence: [],
  ...over,
})

const redactor: Redactor = {
  version: 'r',
  register: () => undefined,
  redact: async (text) => ({
    text: text.replaceAll('hunter2hunter2', '[redacted:registered]'),
    count: text.includes('hunter2hunter2') ? 1 : 0,
    kinds: ['registered'],
    confirmed: true,
  }),
}

export function requestOf(over: Partial<JudgeRequest> = {}) {
  const stored: (string | Uint8Array)[] = []
  const artifacts: ArtifactStore = {
    put: async (content) => {
      stored.push(content)
      return { sha256: 'a'.repeat(64), bytes: content.length }
    },
    get: async () => undefined,
    locate: async () => undefined,
  }
  const request: JudgeRequest = {
    run_id: 'run_test',
    tenant_id: 'ten_local',
    task: taskOf(),
    round: 0,
    change: changeOf({ 'src/parse.ts': ['return []'], 'src/lexer.ts': ['x'] }),
    stat: { files: 2, added: 2, deleted: 2 },
    before: REPORT,
    after: REPORT,
    delta: {
      fixed: ['parse > empty'],
      broken: [],
      added: [],
      removed: [],
      newly_skipped: [],
      pre_existing: [],
      passed_before: 1,
      passed_after: 2,
    },
    verdicts: [gate({})],
    summary: 'I fixed everything.',
    model: MODEL,
    fallback: null,
    gateway: scriptedGateway([submits(PASS)]),
    prices: CHEAP,
    clock: fakeClock(),
    artifacts,
    redactor,
    journal: memoryJournal(),
    sign: (text) => `${text.length}`.padStart(16, '0'),
    signal: new AbortController().signal,
    ...over,
  }
  return { request, stored }
}
