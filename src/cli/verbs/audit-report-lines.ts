import { AUDIT_DEFECTS, type AuditReport, type ExportReport } from '#domain/ledger'
import { counted } from '../screen/figures.ts'
import type { Paint } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'

const SHOWN = 20

/** The answer of a verification as people read it. */
export function reportLines(report: AuditReport | ExportReport, paint: Paint): readonly string[] {
  const { events, acts, checkpoints, defects, defect_count, withheld, open_acts, unwitnessed } = report
  const whole = defect_count === 0
  const verdict = whole ? paint.good('✓ The record is whole.') : paint.bad(`✗ ${counted(defect_count, 'defect')}.`)
  const notes = [
    ...(unwitnessed > 0 ? [`${counted(unwitnessed, 'event')} after the last checkpoint`] : []),
    ...(open_acts > 0
      ? [`${counted(open_acts, 'act')} without an outcome: under way, or of a run that ended meanwhile`]
      : []),
    ...(withheld > 0 ? [`${counted(withheld, 'event')} with facts cut out; only their place is proved`] : []),
    ...('keys_given' in report && !report.keys_given
      ? ['no key was given: the file’s own were believed, which proves no origin (--key FILE)']
      : []),
  ]
  const listed = defects
    .slice(0, SHOWN)
    .map(({ kind, where, detail }) => `  ${paint.bad(kind)}  ${where}: ${AUDIT_DEFECTS[kind]} (${plainLine(detail)})`)
  const more = defect_count > SHOWN ? [`  and ${defect_count - SHOWN} more; --json has the first thousand`] : []
  return [
    verdict,
    `  ${report.tenant_id}: ${counted(events, 'event')}, ${counted(acts, 'act')} of gateways, ${counted(checkpoints, 'checkpoint')}`,
    ...notes.map((note) => paint.dim(`  ${note}`)),
    ...listed,
    ...more,
  ]
}
