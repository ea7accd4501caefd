import { readDocument } from '#documents'
import { compileCapability, type CapabilityContract } from '#domain/capability'
import { canonicalJson } from '#domain/json'
import { ok, refuse, type Result } from '#domain/result'
import type { AutonomyTier } from '#domain/risk'
import type { CapabilityGrant } from '#domain/task'
import { createHash } from 'node:crypto'
import { CAPABILITY_SCHEMA } from './capability-schema.ts'

/** A contract that holds, and what it was compiled to. */
export interface ReadCapability {
  readonly contract: CapabilityContract
  readonly grant: CapabilityGrant
}

/** Reads and compiles the YAML of a capability; every problem is named with its field and, where it has one, its line. */
export function readCapability(source: string): Result<ReadCapability, readonly string[]> {
  const read = readDocument(source, CAPABILITY_SCHEMA, { such_as: 'id' })
  if (!read.ok) return read
  // The schema allows whole numbers from 0 to 5 only.
  const contract: CapabilityContract = {
    ...read.value,
    max_autonomy_tier: read.value.max_autonomy_tier as AutonomyTier,
  }
  const compiled = compileCapability(contract, hashOf(contract))
  if (compiled.ok) return ok({ contract, grant: compiled.value })
  return refuse(compiled.refusal.map(({ field, message }) => `${field}${lineOf(source, field)} ${message}`))
}

/** Two files that say the same have the same hash, however they are laid out. */
const hashOf = (contract: CapabilityContract): string =>
  createHash('sha256')
    .update(canonicalJson({ ...contract, egress: { ...contract.egress }, approval: { ...contract.approval } }))
    .digest('hex')

/** Where a field of the top level begins; nothing for one that the file leaves out. */
function lineOf(source: string, field: string): string {
  const at = source.split('\n').findIndex((line) => line.startsWith(`${field}:`))
  return at === -1 ? '' : ` (line ${at + 1})`
}
