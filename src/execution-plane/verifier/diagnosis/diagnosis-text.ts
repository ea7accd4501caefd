import type { PhaseReport, TestDelta, VerificationReport } from '#domain/verification'

const MOST_NAMES = 12

/** The short text that an agent reads instead of raw logs; never longer than `max_chars`. */
export function diagnosisText(report: VerificationReport, delta?: TestDelta, max_chars = 6_000): string {
  const head = [`Verification ${report.outcome}: ${report.reason}`]
  for (const phase of report.phases) head.push(phaseLine(phase))
  if (delta !== undefined) head.push(...deltaLines(delta))
  const details = report.phases.flatMap((phase) => (phase.diagnosis === undefined ? [] : [detail(phase)]))
  const short = head.join('\n')
  const room = Math.max(0, max_chars - short.length - 1)
  const each = details.length === 0 ? 0 : Math.floor(room / details.length)
  const text = [short, ...details.map((entry) => cut(entry, each - 1))].join('\n')
  return cut(text, max_chars)
}

function phaseLine(phase: PhaseReport): string {
  const failing = phase.tests.filter((test) => test.outcome === 'failed' || test.outcome === 'error').length
  const counted = phase.tests.length === 0 ? '' : `, ${phase.tests.length} tests, ${failing} failing`
  const optional = phase.required ? '' : ' (optional)'
  const why = phase.outcome === 'not_run' ? `: ${phase.not_run_reason ?? ''}` : ''
  return `- ${phase.id}${optional}: ${phase.outcome}${counted}, ${(phase.duration_ms / 1000).toFixed(1)} s${why}`
}

function deltaLines(delta: TestDelta): readonly string[] {
  const lines = [`Tests passing: ${delta.passed_before} before, ${delta.passed_after} now.`]
  const named = (label: string, ids: readonly string[]) => {
    if (ids.length > 0)
      lines.push(
        `${label} (${ids.length}): ${ids.slice(0, MOST_NAMES).join(' | ')}${ids.length > MOST_NAMES ? ' | …' : ''}`,
      )
  }
  named('Broken by the change', delta.broken)
  named('Removed', delta.removed)
  named('Newly skipped', delta.newly_skipped)
  named('Fixed', delta.fixed)
  named('Failing before as well, not this change', delta.pre_existing)
  return lines
}

function detail(phase: PhaseReport): string {
  const { diagnosis } = phase
  if (diagnosis === undefined) return ''
  const causes = diagnosis.root_causes
    .slice(0, 6)
    .map(({ file, line, message }) => `  ${file ?? ''}${line === undefined ? '' : `:${line}`} ${message}`)
  return [
    `\n[${phase.id}] ${diagnosis.classification}. ${diagnosis.likely_direction}`,
    ...(causes.length > 0 ? ['Likely causes:', ...causes] : []),
    'Log excerpt:',
    diagnosis.excerpt,
  ].join('\n')
}

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, Math.max(0, most - 2))} …`
