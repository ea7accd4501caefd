import type { Task } from '#domain/task'
import type { VerificationReport } from '#domain/verification'
import type { FileSlice, RepositoryMap } from '#execution-plane/repository-intelligence'
import type { InstructionFile } from './instruction-files.ts'
import { contractText, mapText, taskHeading } from './item-texts.ts'
import type { ContextItem } from './manifest.ts'
import { summariseReport } from './summarise-report.ts'

/** An item before it is known whether it fits. */
export type Draft = Pick<ContextItem, 'type' | 'source' | 'path' | 'line_range' | 'trust_level' | 'freshness'> & {
  /** Said before the text, by the platform. */
  readonly heading: string
  readonly text: string
  /** Most of the budget this item may take; 0 means it comes whole or not at all. */
  readonly share: number
}

interface Material {
  readonly task: Task
  readonly map: RepositoryMap
  readonly baseline: VerificationReport | null
  readonly slices: readonly FileSlice[]
}

/** Everything a context could hold, in the order of the layers; the shares of what may be shortened add up to 0.89. */
export function draftsOf(material: Material, instructions: readonly InstructionFile[]): readonly Draft[] {
  const { task, map, baseline, slices } = material
  return [
    contractDraft(task),
    mapDraft(map),
    ...instructions.map((file) => instructionDraft(file, 0.12 / instructions.length)),
    ...(baseline === null ? [] : [baselineDraft(baseline)]),
    ...slices.map(sliceDraft),
  ]
}

/** The system text, which is always sent whole. */
export const systemDraft = (text: string): Draft => ({
  ...PLAIN,
  type: 'system_instruction',
  source: 'platform',
  trust_level: 'instruction',
  freshness: 'at_submission',
  heading: '',
  text,
  share: 1,
})

const PLAIN = { path: null, line_range: null, freshness: 'current_commit' } as const

const contractDraft = (task: Task): Draft => ({
  ...PLAIN,
  type: 'task_contract',
  source: 'request',
  trust_level: task.trust,
  freshness: 'at_submission',
  heading: taskHeading(task),
  text: contractText(task),
  share: 0.45,
})

const mapDraft = (map: RepositoryMap): Draft => ({
  ...PLAIN,
  type: 'repository_map',
  source: 'repository',
  trust_level: 'merged',
  heading: 'Map of the repository (names only, no proof):',
  text: mapText(map),
  share: 0.12,
})

const instructionDraft = (file: InstructionFile, share: number): Draft => ({
  ...PLAIN,
  type: 'instruction_file',
  source: 'repository',
  path: file.path,
  trust_level: 'merged',
  heading: 'Guidance kept in the repository; it ranks below the task and the rules:',
  text: file.text,
  share,
})

const baselineDraft = (report: VerificationReport): Draft => ({
  ...PLAIN,
  type: 'verification_baseline',
  source: 'verifier',
  trust_level: 'tool_output',
  heading: 'Verification of the base commit, before any change:',
  text: summariseReport(report),
  share: 0.2,
})

const sliceDraft = (slice: FileSlice): Draft => ({
  ...PLAIN,
  type: 'source_file_slice',
  source: 'repository',
  path: slice.path,
  line_range: `${slice.start_line}-${slice.end_line}`,
  trust_level: 'merged',
  heading: 'Possibly relevant:',
  text: slice.text,
  share: 0,
})
