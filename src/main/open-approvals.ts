import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createApprovals, readApprovalRules, type Approvals } from '#control-plane/approvals'
import { createEvidenceSealer } from '#evidence-plane/packet'
import type { Change } from '#domain/change'
import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { PlatformSettings, SharedParts } from './shared-parts.ts'
import { systemClock } from './system-clock.ts'

/** Wires the desk that takes people's answers; its rules are read for each of them. */
export function openApprovals(
  { home, version }: PlatformSettings,
  { store, artifacts, redactor }: SharedParts,
): (changeOf: (run: RunId) => Promise<Change | undefined>) => Approvals {
  return (changeOf) =>
    createApprovals({
      store,
      redactor,
      clock: systemClock,
      sealer: createEvidenceSealer({ artifacts, redactor }),
      version,
      redaction_policy: redactor.version,
      account: account(),
      rules: () => rulesOf(home),
      changeOf,
    })
}

/** A file that is there and cannot be read or understood opens nothing. */
async function rulesOf(home: string) {
  const source = await readFile(join(home, 'approvals.yaml'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new GanderError('approval_rules_invalid', 'approvals.yaml cannot be read.', { cause: error })
  })
  const read = readApprovalRules(source)
  if (!read.ok) throw new GanderError('approval_rules_invalid', read.refusal.message)
  return read.value
}

/** An account without a name is known by its number; it is nobody's who has one. */
function account(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
