import type { ApprovalPreview } from '#domain/approval'
import { diffStat } from '#domain/change'
import type { Execution } from './execution.ts'

const MOST_PATHS = 50

/** What a person sees before they answer: figures and names that the platform computed. */
export function previewOf({ found, journal }: Execution): ApprovalPreview {
  const files = found.change?.files ?? []
  const { files: count, added, deleted } = diffStat(files)
  const { risk } = found
  return {
    files: count,
    added_lines: added,
    deleted_lines: deleted,
    ...(files.length > 0 && { paths: files.slice(0, MOST_PATHS).map(({ path }) => path) }),
    gates: [...found.verdicts.values()].map(({ gate, answer, reason }) => ({
      gate,
      answer,
      reason: reason.slice(0, 300),
    })),
    risk:
      risk === undefined ? null : { tier: risk.tier, reasons: risk.reasons.map(({ reason }) => reason).slice(0, 20) },
    cost_usd: journal.budget().use.cost_usd,
  }
}
