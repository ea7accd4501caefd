import type { ReviewReport, ReviewSeverity, ToldFinding } from '#domain/review'
import type { CliEnvironment } from '../environment.ts'
import { counted } from './figures.ts'
import { paintFor, type Paint } from './paint.ts'
import { plainLine, wrap } from './plain-text.ts'

interface Page {
  readonly paint: Paint
  readonly width: number
}

/** A review on one page: findings first, then what a reviewer does with them. */
export function reviewLines(environment: CliEnvironment, report: ReviewReport, run: string): readonly string[] {
  const { stdout, env } = environment
  const page = { paint: paintFor(stdout, env), width: Math.min(stdout.columns() - 4, 100) }
  const { paint } = page
  const { files, added, deleted } = report.summary
  const commits = `${report.base.commit.slice(0, 10)} → ${report.head.commit.slice(0, 10)}`
  const { way, base } = report.compared
  const compared = way === 'merge_base' ? `since the merge base with ${plainLine(base)}` : 'the two trees as they are'
  return [
    paint.strong(plainLine(report.summary.text)),
    paint.dim(`${commits}, ${compared} · ${counted(files, 'file')} · +${added} -${deleted} · ${run}`),
    '',
    ...(report.findings.length === 0 ? [`${paint.good('✓')} Nothing to remark.`, ''] : []),
    ...report.findings.flatMap((finding, at) => findingLines(finding, at, page)),
    ...leftOut(report, page),
    ...listed(
      'Look closely at',
      report.risky_files.slice(0, 8).map(({ file, reasons }) => `${file}: ${reasons.join('; ')}`),
      page,
    ),
    ...listed('Ask', report.questions, page),
    ...listed(
      'Go through',
      report.checklist.map(({ item }) => item),
      page,
    ),
    ...evidenceLines(report, page),
    ...modelLines(report, page),
  ]
}

const inkOf = (severity: ReviewSeverity, paint: Paint) =>
  ({ blocker: paint.bad, major: paint.warn, minor: paint.strong, nit: paint.dim, question: paint.link })[severity]

function findingLines(finding: ToldFinding, at: number, { paint, width }: Page): readonly string[] {
  const place = finding.lines === null ? finding.file : `${finding.file}:${finding.lines}`
  const still = finding.standing === 'still_open' ? paint.dim(' · said before') : ''
  const row = (label: string, text: string) =>
    text === ''
      ? []
      : wrap(plainLine(text), width - 12).map(
          (line, index) => `   ${paint.dim((index === 0 ? label : '').padEnd(11))} ${line}`,
        )
  return [
    `${at + 1}. ${inkOf(finding.severity, paint)(finding.severity)} ${paint.dim(`(${finding.confidence})`)} ${paint.link(plainLine(place))}${still}`,
    ...wrap(plainLine(finding.issue), width).map((line) => `   ${line}`),
    ...row('must hold', finding.invariant),
    ...row('otherwise', finding.consequence),
    ...row('do', finding.suggestion),
    ...row('shown by', `${finding.evidence.join('; ')}${finding.found_by === 'model' ? ' (a model)' : ''}`),
    '',
  ]
}

function leftOut({ left_out, resolved }: ReviewReport, { paint }: Page): readonly string[] {
  const told = [
    left_out.over_the_limit > 0 ? `${left_out.over_the_limit} more of less weight` : '',
    left_out.of_low_weight > 0 ? `${left_out.of_low_weight} too uncertain to tell` : '',
    left_out.off_the_change > 0 ? `${left_out.off_the_change} not on changed lines` : '',
  ].filter((each) => each !== '')
  const gone =
    resolved.length === 0 ? [] : [paint.good(`${counted(resolved.length, 'earlier finding')} no longer there.`)]
  const lines = [...gone, ...(told.length === 0 ? [] : [paint.dim(`Left out: ${told.join(', ')}.`)])]
  return lines.length === 0 ? [] : [...lines, '']
}

function listed(title: string, items: readonly string[], { paint, width }: Page): readonly string[] {
  if (items.length === 0) return []
  const lines = items.flatMap((item) =>
    wrap(plainLine(item), width - 4).map((line, at) => `${at === 0 ? '  - ' : '    '}${line}`),
  )
  return [paint.strong(title), ...lines, '']
}

function evidenceLines({ evidence }: ReviewReport, { paint }: Page): readonly string[] {
  if (evidence.source === 'none') return [paint.dim('No description and no evidence packet was given (--description).')]
  if (evidence.missing.length === 0)
    return [`${paint.good('✓')} The ${evidence.source} has all that a reviewer is owed.`]
  return [`${paint.warn('!')} The ${evidence.source} does not say: ${evidence.missing.join(', ')}.`]
}

function modelLines({ model }: ReviewReport, { paint }: Page): readonly string[] {
  if (model === null) return [paint.dim('No model was asked (--model).')]
  if (model.outcome === 'answered') return [paint.dim(`After the checks ${plainLine(model.name)} was asked.`)]
  return [`${paint.warn('!')} ${plainLine(model.name)} gave no review: ${plainLine(model.reason)}`]
}
