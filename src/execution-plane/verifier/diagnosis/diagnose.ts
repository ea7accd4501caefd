import { COMPILE, LOAD, NO_TESTS, summariseText } from '#execution-plane/log-summary'
import type { Diagnosis, Ecosystem, RootCause, TestResult } from '#domain/verification'
import { endedEarly } from '../results/test-result.ts'
import { excerptOf } from './excerpt.ts'
import { rootCauses } from './root-causes.ts'

/** What is known about a phase that did not pass; `log` is redacted already. */
export interface FailedPhase {
  readonly ecosystem: Ecosystem
  readonly ended_by: 'exit' | 'timeout' | 'out_of_memory' | 'aborted'
  readonly exit_code: number | null
  readonly signal: string | null
  readonly setup: boolean
  /** True when results by test were asked for and none came. */
  readonly without_results: boolean
  readonly tests: readonly TestResult[]
  readonly log: string
  readonly log_truncated: boolean
  readonly redactions: number
  readonly timeout_seconds: number
}

const MOST_LINES = 50

/** The Go compiler names columns, and so does vet, which says of what it found that it is its own. */
const GO_COMPILER = /^(?:vet: )?[^\s:]+\.go:\d+:\d+: \S/m
const GO_VET = /^# \[[^\]\n]+\]$/m
/** Says in a few words why a phase failed, for a model and for people. */
export function diagnose(phase: FailedPhase): Diagnosis {
  const classification = classify(phase)
  const summary = summariseText(phase.log, MOST_LINES)
  const root_causes = rootCauses(phase.log, { tests: phase.tests, summary })
  return {
    classification,
    root_causes,
    likely_direction: direction(classification, phase, root_causes),
    excerpt: excerptOf(summary),
    truncated: summary.truncated || phase.log_truncated,
    redactions: phase.redactions,
  }
}

function classify(phase: FailedPhase): Diagnosis['classification'] {
  if (phase.ended_by === 'timeout') return 'timeout'
  if (phase.ended_by === 'out_of_memory') return 'out_of_memory'
  if (phase.setup) return 'setup_failure'
  const failing = phase.tests.filter((test) => test.outcome === 'failed' || test.outcome === 'error')
  if (failing.length > 0) {
    const unloaded = failing.every((test) => test.outcome === 'error' || test.id.endsWith('(file)'))
    if (unloaded && isUncompiled(phase.log)) return 'compile_error'
    if (failing.every(endedEarly)) return 'crash'
    return /^panic: test timed out after /m.test(phase.log) ? 'timeout' : 'test_failure'
  }
  if (isUncompiled(phase.log)) return 'compile_error'
  if (NO_TESTS.test(phase.log) || (phase.without_results && phase.exit_code === 5)) return 'no_tests'
  if (phase.without_results) return phase.tests.length === 0 && phase.exit_code === 0 ? 'no_tests' : 'crash'
  return phase.exit_code === null || phase.exit_code > 125 ? 'crash' : 'test_failure'
}

const isUncompiled = (log: string): boolean => COMPILE.test(log) || (GO_COMPILER.test(log) && !GO_VET.test(log))

function direction(kind: Diagnosis['classification'], phase: FailedPhase, causes: readonly RootCause[]): string {
  const place =
    causes[0]?.file === undefined
      ? ''
      : ` Start at ${causes[0].file}${causes[0].line === undefined ? '' : `:${causes[0].line}`}.`
  switch (kind) {
    case 'compile_error':
      return `The code does not compile or load; nothing else can be judged before that.${place}`
    case 'test_failure': {
      const failing = phase.tests.filter((test) => test.outcome === 'failed' || test.outcome === 'error').length
      const many = failing === 0 ? 'The command failed.' : `${failing} of ${phase.tests.length} tests fail.`
      const missing = LOAD.test(phase.log) ? ' Something that is imported or run is missing.' : ''
      return `${many}${missing} Mend the behaviour, not the test, unless the task asks for other behaviour.${place}`
    }
    case 'setup_failure':
      return 'The dependencies could not be installed in the sandbox; see the lines below.'
    case 'timeout':
      return `The command was stopped after ${phase.timeout_seconds} s; look for a loop that does not end, an open handle or a wait for the network, which is not there.`
    case 'out_of_memory':
      return 'The command used more memory than the sandbox has; look for something that grows without bound.'
    case 'no_tests':
      return 'The runner found no tests. Tests may have been removed, renamed away from what the runner looks for, or not discovered.'
    case 'crash':
      return `The runner ended ${phase.signal === null ? `with status ${phase.exit_code ?? 'unknown'}` : `by ${phase.signal}`} without a complete report; look for a call that ends the process, or a crash while loading.${place}`
    default:
      return kind satisfies never
  }
}
