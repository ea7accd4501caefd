import { randomBytes } from 'node:crypto'
import type { CutSecrets } from '#domain/event'
import {
  isTestKind,
  phaseKind,
  type Ecosystem,
  type PhaseReport,
  type ProfilePhase,
  type TestResult,
} from '#domain/verification'
import type { ArtifactStore, Clock, ExecRequest, ExecResult, Redactor, RunArtifact, Sandbox } from '#ports'
import { diagnose } from './diagnosis/diagnose.ts'
import { PLACEHOLDERS } from './profile/platform-reporters.ts'
import { logOfResults, parseResults, recogniseResults, uniqueTests } from './results/read-results.ts'
import { noteResultFiles, readResultFiles, type Earlier } from './results/result-files.ts'

const OUTPUT_BYTES = 4 * 1024 ** 2
const TOOL_SECONDS = 30

/** What running phases needs of the world. */
export interface PhaseTools {
  readonly redactor: Redactor
  readonly artifacts: ArtifactStore
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** Where and as what a phase is run. */
export interface PhaseSetting {
  readonly sandbox: Sandbox
  readonly ecosystem: Ecosystem
  readonly network: ExecRequest['network']
  readonly setup: boolean
}

/** A phase's report with what came along. */
export interface PhaseRun {
  readonly report: PhaseReport
  readonly artifacts: readonly RunArtifact[]
  readonly redaction: CutSecrets
  readonly aborted: boolean
}

/** Runs one command of a profile and reads its results; everything that is kept or reported is redacted first. */
export async function runPhase(phase: ProfilePhase, setting: PhaseSetting, tools: PhaseTools): Promise<PhaseRun> {
  const { sandbox, setup } = setting
  const missing = await missingTool(phase, setting, tools)
  if (missing !== undefined) return leftOut(phase, missing, tools)
  const results = `.gander-results-${randomBytes(9).toString('hex')}`
  const glob = filledIn(phase.results?.path ?? '-', results)
  const earlier = glob === '-' ? new Map<string, string>() : await noteResultFiles(sandbox.tree.path, glob)
  const argv = phase.argv.map((word) => filledIn(word, `/workspace/${results}`))
  const done = await sandbox.exec(requestOf({ ...phase, argv }, setting), tools.signal)
  const raw = [done.stdout, done.stderr].filter((text) => text !== '').join(done.stdout.endsWith('\n') ? '' : '\n')
  const found = await readTests(phase, done, { root: sandbox.tree.path, glob, earlier })
  const log = await tools.redactor.redact([raw, found.log].filter((text) => text !== '').join('\n'))
  const tests = await redacted(uniqueTests(found.tests), tools.redactor)
  const reported = { log, tests, without_results: phase.results !== undefined && found.tests.length === 0 }
  if (!phase.required && done.ended_by === 'exit' && done.exit_code === 127 && tests.length === 0)
    return leftOut(phase, `a program is not installed in the sandbox: ${lastLine(log.text)}`, tools)
  const stored = await tools.artifacts.put(`$ ${phase.argv.join(' ').slice(0, 2_000)}\n${log.text}`)
  const { text: _, ...redaction } = log
  return {
    report: { ...reportOf(phase, done, setting, reported), log_sha256: stored.sha256 },
    artifacts: [
      { ...stored, kind: 'log', name: `${setup ? 'setup' : 'verify'}-${phase.id}.log`, data_class: 'internal' },
    ],
    redaction,
    aborted: done.ended_by === 'aborted',
  }
}

const requestOf = (phase: Omit<ProfilePhase, 'id'>, { network }: PhaseSetting): ExecRequest => ({
  argv: phase.argv,
  ...(phase.cwd === undefined ? {} : { cwd: phase.cwd }),
  env: { CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0', ...phase.env },
  timeout_ms: phase.timeout_seconds * 1000,
  output_bytes: OUTPUT_BYTES,
  network,
})

/** Why the phase's tool cannot be asked, where the phase says how one knows. */
async function missingTool(phase: ProfilePhase, setting: PhaseSetting, tools: PhaseTools): Promise<string | undefined> {
  if (phase.tool === undefined) return undefined
  const request = requestOf({ ...phase, argv: phase.tool, timeout_seconds: TOOL_SECONDS }, setting)
  const { ended_by, exit_code } = await setting.sandbox.exec(request, tools.signal)
  if (ended_by === 'aborted' || (ended_by === 'exit' && exit_code === 0)) return undefined
  return `its tool is not installed in the sandbox: ${phase.tool.join(' ').slice(0, 200)} ${ended_by === 'exit' ? `ends with status ${exit_code ?? 'unknown'}` : 'does not answer'}`
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1)?.trim().slice(0, 200) ?? ''

async function leftOut(phase: ProfilePhase, reason: string, { redactor }: PhaseTools): Promise<PhaseRun> {
  const { text, ...redaction } = await redactor.redact(reason)
  return { report: notRun(phase, text), artifacts: [], redaction, aborted: false }
}

interface Reported {
  readonly log: { readonly text: string; readonly count: number }
  readonly tests: readonly TestResult[]
  readonly without_results: boolean
}

function reportOf(phase: ProfilePhase, done: ExecResult, setting: PhaseSetting, reported: Reported): PhaseReport {
  const { log, tests, without_results } = reported
  const failing = tests.some((test) => test.outcome === 'failed' || test.outcome === 'error')
  const passed = done.ended_by === 'exit' && done.exit_code === 0 && !failing && !without_results
  const diagnosis = () =>
    diagnose({
      ecosystem: setting.ecosystem,
      ended_by: done.ended_by,
      exit_code: done.exit_code,
      signal: done.signal,
      setup: setting.setup,
      without_results,
      tests,
      log: log.text,
      log_truncated: done.truncated_bytes > 0,
      redactions: log.count,
      timeout_seconds: phase.timeout_seconds,
    })
  return {
    ...namesOf(phase),
    outcome: passed ? 'passed' : done.ended_by === 'timeout' ? 'timed_out' : 'failed',
    exit_code: done.exit_code,
    ...(done.signal === null ? {} : { signal: done.signal }),
    duration_ms: Math.round(done.duration_ms),
    tests,
    log_sha256: null,
    ...(passed ? {} : { diagnosis: diagnosis() }),
  }
}

const namesOf = (phase: ProfilePhase): Pick<PhaseReport, 'id' | 'kind' | 'argv' | 'shown' | 'required'> => ({
  id: phase.id,
  kind: phaseKind(phase),
  argv: phase.argv,
  ...(phase.shown === undefined ? {} : { shown: phase.shown }),
  required: phase.required,
})

/** A phase that was left out, with the reason. */
export const notRun = (phase: ProfilePhase, reason: string): PhaseReport => ({
  ...namesOf(phase),
  outcome: 'not_run',
  not_run_reason: reason,
  exit_code: null,
  duration_ms: 0,
  tests: [],
  log_sha256: null,
})

async function readTests(
  phase: ProfilePhase,
  done: ExecResult,
  at: { readonly root: string; readonly glob: string; readonly earlier: Earlier },
): Promise<{ readonly tests: readonly TestResult[]; readonly log: string }> {
  const { results } = phase
  const output = `${done.stdout}\n${done.stderr}`
  // What a linter or a compiler prints may look like tests.
  if (results === undefined) return { tests: isTestKind(phaseKind(phase)) ? recogniseResults(output) : [], log: '' }
  if (at.glob === '-') return { tests: parseResults(results.format, output) ?? [], log: '' }
  const files = await readResultFiles(at.root, at.glob, at.earlier)
  const read = files.map((file) => ({ ...file, tests: parseResults(results.format, file.text) }))
  return {
    tests: [...read.flatMap((file) => file.tests ?? []), ...missingReport(phase, done, read)],
    log: files
      .map((file) => logOfResults(results.format, file.text))
      .join('')
      .slice(0, OUTPUT_BYTES),
  }
}

/**
 * A command that was told to write one report and ends with success without it was left before its end: no test that
 * ran in it could have said so. Where reports are looked for by a pattern, none may be all there are.
 */
function missingReport(
  phase: ProfilePhase,
  { ended_by, exit_code }: ExecResult,
  read: readonly { readonly tests: readonly TestResult[] | undefined }[],
): readonly TestResult[] {
  const path = phase.results?.path ?? '-'
  const unread = read.some(({ tests }) => tests === undefined)
  if (ended_by !== 'exit' || exit_code !== 0 || (!unread && (read.length > 0 || /[*?[]/.test(path)))) return []
  const message = unread
    ? 'the report that the runner wrote cannot be read'
    : 'the runner ended with success and wrote no report'
  return [{ id: '(target)', outcome: 'error', message }]
}

function filledIn(word: string, results: string): string {
  return word.includes('{')
    ? word.replaceAll(/\{[a-z_]+\}/g, (name) => (name === '{results}' ? results : (PLACEHOLDERS[name] ?? name)))
    : word
}

/** Names and messages of tests are printed by the code under test, so they are redacted like its output. */
async function redacted(tests: readonly TestResult[], redactor: Redactor): Promise<readonly TestResult[]> {
  const whole = await redactor.redact(tests.map((test) => `${test.id}\n${test.message ?? ''}`).join('\n'))
  if (whole.count === 0) return tests
  return Promise.all(
    tests.map(async (test) => {
      const [id, message] = await Promise.all([redactor.redact(test.id), redactor.redact(test.message ?? '')])
      return { ...test, id: id.text, ...(test.message === undefined ? {} : { message: message.text }) }
    }),
  )
}
