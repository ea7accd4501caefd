import { userInfo } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import {
  createApprovalDesk,
  createApprovalRules,
  createApprovals,
  readApprovalRules,
  type Approvals,
} from '#control-plane/approvals'
import { createEvidenceSealer } from '#evidence-plane/packet'
import type { Change } from '#domain/change'
import { GanderError } from '#domain/failure'
import type { RunId } from '#domain/ids'
import type { ApprovalDesk, ApprovalRules } from '#ports'
import type { PlatformSettings, SharedParts } from './shared-parts.ts'
import { signerWhenNeeded } from './open-signer.ts'
import { systemClock } from './system-clock.ts'
import { textOf } from './text-of.ts'

/** Everything about approvals that a process has: whose answers count, who must agree, and the desk people look at. */
export interface ApprovalParts {
  readonly approvals: (changeOf: (run: RunId) => Promise<Change | undefined>) => Approvals
  readonly approval_rules: ApprovalRules
  readonly approval_desk: ApprovalDesk
}

/** Wires approvals; rules, roles and accounts are read anew for each answer and each use. */
export function openApprovals(settings: PlatformSettings, shared: SharedParts): ApprovalParts {
  const { home, version } = settings
  const { store, artifacts, redactor, approval_records: records, principals: identities } = shared
  const parts = { rules: () => rulesOf(home), identities, records, clock: systemClock, store, account: account() }
  const sealer = createEvidenceSealer({ artifacts, redactor, signer: signerWhenNeeded(settings) })
  return {
    approvals: (changeOf) =>
      createApprovals({ ...parts, redactor, sealer, version, redaction_policy: redactor.version, changeOf }),
    approval_rules: createApprovalRules(parts),
    approval_desk: createApprovalDesk(parts),
  }
}

/** A file that is there and cannot be read or understood opens nothing. */
async function rulesOf(home: string) {
  const source = await textOf(join(home, 'approvals.yaml')).catch((error: unknown) => {
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
