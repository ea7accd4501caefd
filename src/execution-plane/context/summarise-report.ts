import { shownCommand, type VerificationReport } from '#domain/verification'

const FAILING_SHOWN = 12
const MESSAGE = 240

/** A verification report in a few lines: outcome of each phase, the failing tests, and the diagnosis. */
export function summariseReport(report: VerificationReport): string {
  const lines = [
    `profile ${report.profile}: ${report.outcome}${report.reason === '' ? '' : ` (${short(report.reason)})`}`,
  ]
  for (const phase of report.phases) {
    const passed = phase.tests.filter((test) => test.outcome === 'passed').length
    const failing = phase.tests.filter((test) => test.outcome === 'failed' || test.outcome === 'error')
    const tests = phase.tests.length === 0 ? '' : `, ${passed} of ${phase.tests.length} tests passed`
    lines.push(`- ${phase.id} (${short(shownCommand(phase))}): ${phase.outcome}${tests}`)
    for (const test of failing.slice(0, FAILING_SHOWN))
      lines.push(`  - ${short(test.id)} ${test.outcome}${test.message === undefined ? '' : `: ${short(test.message)}`}`)
    if (failing.length > FAILING_SHOWN) lines.push(`  - and ${failing.length - FAILING_SHOWN} more failing tests`)
    const { diagnosis } = phase
    if (diagnosis === undefined) continue
    for (const { file, line, message } of diagnosis.root_causes.slice(0, 5))
      lines.push(
        `  - likely cause: ${file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`} `}${short(message)}`,
      )
    if (diagnosis.likely_direction !== '') lines.push(`  - direction: ${short(diagnosis.likely_direction)}`)
  }
  return lines.join('\n')
}

const short = (text: string): string => {
  const flat = text.replaceAll(/\s+/g, ' ').trim()
  return flat.length <= MESSAGE ? flat : `${flat.slice(0, MESSAGE)}…`
}
