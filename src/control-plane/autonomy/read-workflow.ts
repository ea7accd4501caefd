import { readDocument, shownProblems } from '#documents'
import { ok, refuse, type Result } from '#domain/result'
import {
  BUILT_IN_PROFILES,
  CHECKPOINT_PHASES,
  LEVEL_NAMES,
  type CheckpointPhase,
  type CheckpointRule,
  type Disposition,
  type GateAuthority,
  type GateNumbers,
  type WorkflowPhase,
  type WorkflowProfile,
} from '#domain/workflow'
import * as z from 'zod'

/** What an operator wrote; each level's built-in profile is under it. */
export interface WorkflowFile {
  /** Null: the file leaves the level to each run. */
  readonly level: GateAuthority | null
  /** The profile of a run at this level; a lower level than the file's keeps its own checkpoints. */
  readonly profile: (level: GateAuthority) => WorkflowProfile
}

const DURATION = /^(\d{1,5})(m|h|d)$/
const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60 }

function minutesOf(text: string): number {
  const [, figure = '0', unit = ''] = DURATION.exec(text) ?? []
  return Number(figure) * (MINUTES[unit] ?? 0)
}

const duration = z
  .string()
  .refine((text) => minutesOf(text) >= 1 && minutesOf(text) <= 31 * 24 * 60, {
    message: 'must be a time such as 30m, 8h or 2d, at most 31d',
  })
  .transform(minutesOf)

const point = z.strictObject({
  require: z.literal('human_approval').default('human_approval'),
  timeout: duration.default(24 * 60).describe('How long a person has. Absent: 24h.'),
  on_timeout: z.enum(['stop', 'continue']).default('stop').describe('What no answer leads to. Absent: stop.'),
})

const answer = z.enum(['abort', 'repair', 'ask', 'warn'])
/** `plan: ask` is short for `plan: { disposition: ask }`. */
const disposition = z.preprocess(
  (written) => (typeof written === 'string' ? { disposition: written } : written),
  z.strictObject({ disposition: answer }),
)
const figure = z.int().min(0).max(100_000)

const schema = z.strictObject({
  autonomy: z.enum(['assisted', 'supervised', 'autonomous', 'ase']).optional().describe('The highest level of a run.'),
  checkpoints: z
    .union([
      z.literal('none'),
      z.strictObject({ after_plan: point, after_build: point, after_test: point, after_review: point }).partial(),
    ])
    .optional()
    .describe('Where a person is asked to go on; `none` takes away those of the level. Absent: those of the level.'),
  phases: z
    .strictObject({
      intake: disposition,
      plan: disposition,
      build: disposition,
      test: disposition,
      review: disposition,
      document: disposition,
      deliver: disposition,
      monitor: disposition,
    })
    .partial()
    .default({})
    .describe('What a no leads to, by phase. Absent: as the level has it.'),
  gates: z
    .strictObject({
      test: z.strictObject({ coverage_min: z.number().min(0).max(100), all_pass: z.boolean() }).partial(),
      review: z.strictObject({ max_blockers: figure, max_critical: figure, tech_debt_logged: z.boolean() }).partial(),
      deploy: z
        .strictObject({
          max_files_changed: figure,
          auto_merge: z.strictObject({ enabled: z.boolean().default(false), delay: duration.default(5) }),
        })
        .partial(),
      monitor: z
        .strictObject({
          anomaly_detection: z.boolean(),
          rollback_on: z.array(z.string().max(100)).max(20),
          auto_create_issue: z.boolean(),
        })
        .partial(),
    })
    .partial()
    .default({})
    .describe('Figures that gates are held to. Absent: at level 4 those of the level, below none.'),
})

type Written = z.output<typeof schema>

/** Dispositions that a phase may have at most: required gates are never a warning, violations always end a run. */
const ALLOWED: Readonly<Record<WorkflowPhase, readonly Disposition[]>> = {
  intake: ['abort'],
  plan: ['abort', 'ask'],
  build: ['abort'],
  test: ['abort', 'repair', 'ask'],
  review: ['abort', 'repair', 'ask', 'warn'],
  document: ['abort', 'ask', 'warn'],
  deliver: ['abort'],
  monitor: ['abort', 'ask', 'warn'],
}

/** Reads the YAML of workflow.yaml; undefined is an installation without that file. */
export function readWorkflow(
  source: string | undefined,
): Result<WorkflowFile, { readonly code: 'workflow_invalid'; readonly message: string }> {
  if (source === undefined) return ok({ level: null, profile: (level) => BUILT_IN_PROFILES[level] })
  const read = readDocument(source, schema)
  const problems = read.ok ? problemsOf(read.value) : shownProblems(read.refusal)
  if (!read.ok || problems !== '') return refuse({ code: 'workflow_invalid', message: `workflow.yaml: ${problems}` })
  const written = read.value
  const level = levelOf(written)
  return ok({ level, profile: (wanted) => profileOf(written, wanted, level ?? wanted) })
}

function levelOf({ autonomy }: Written): GateAuthority | null {
  const levels: readonly GateAuthority[] = [1, 2, 3, 4]
  return levels.find((level) => LEVEL_NAMES[level] === autonomy) ?? null
}

function problemsOf(written: Written): string {
  const { phases, checkpoints, gates } = written
  const level = levelOf(written) ?? 3
  const problems: string[] = []
  for (const [phase, rule] of Object.entries(phases)) {
    // The schema has exactly these phases.
    const allowed = ALLOWED[phase as WorkflowPhase]
    if (rule !== undefined && !allowed.includes(rule.disposition))
      problems.push(`phases.${phase}.disposition cannot be ${rule.disposition}; it may be ${allowed.join(', ')}`)
  }
  if (checkpoints === 'none' && phases.plan?.disposition === 'ask')
    problems.push('checkpoints cannot be none where phases.plan asks a person')
  if (checkpoints === 'none' && level < 3)
    problems.push(`checkpoints cannot be none at level ${level} (${LEVEL_NAMES[level]}): a person decides there`)
  if (typeof checkpoints === 'object' && level === 1)
    for (const [name, rule] of Object.entries(checkpoints))
      if (rule?.on_timeout === 'continue')
        problems.push(`checkpoints.${name}.on_timeout cannot be continue at level 1: a person decides there`)
  if (gates.deploy?.auto_merge?.enabled === true)
    problems.push('gates.deploy.auto_merge.enabled cannot be true: nothing is merged by this version')
  return problems.join('; ')
}

/** The level's own profile with what was written over it. */
function profileOf(written: Written, level: GateAuthority, of_file: GateAuthority): WorkflowProfile {
  const base = BUILT_IN_PROFILES[level]
  const phases = { ...base.phases }
  for (const [phase, rule] of Object.entries(written.phases)) {
    const name = phase as WorkflowPhase
    if (rule !== undefined) phases[name] = { ...phases[name], disposition: rule.disposition }
  }
  for (const phase of CHECKPOINT_PHASES) {
    const own = base.phases[phase].checkpoint ?? (asksFor(written, phase) ? A_DAY : null)
    const checkpoint = checkpointOf(written, phase, own, level < of_file)
    phases[phase] = { ...phases[phase], checkpoint }
  }
  return { level, phases, gates: numbersOf(written, base.gates) }
}

/** A plan has no gate whose no could be asked about: to ask there is to ask whether to go on. */
const asksFor = ({ phases }: Written, phase: CheckpointPhase): boolean =>
  phase === 'plan' && phases.plan?.disposition === 'ask'
const A_DAY: CheckpointRule = { timeout_minutes: 24 * 60, on_timeout: 'stop' }

function checkpointOf(
  { checkpoints }: Written,
  phase: CheckpointPhase,
  own: CheckpointRule | null,
  keeps_own: boolean,
): CheckpointRule | null {
  if (checkpoints === undefined) return own
  if (checkpoints === 'none') return keeps_own ? own : null
  const rule = checkpoints[`after_${phase}`]
  return rule === undefined ? own : { timeout_minutes: rule.timeout, on_timeout: rule.on_timeout }
}

function numbersOf({ gates }: Written, base: GateNumbers): GateNumbers {
  const { test, review, deploy, monitor } = gates
  return {
    coverage_min: test?.coverage_min ?? base.coverage_min,
    all_pass: test?.all_pass ?? base.all_pass,
    max_blockers: review?.max_blockers ?? base.max_blockers,
    max_critical: review?.max_critical ?? base.max_critical,
    tech_debt_logged: review?.tech_debt_logged ?? base.tech_debt_logged,
    max_files_changed: deploy?.max_files_changed ?? base.max_files_changed,
    auto_merge: { enabled: false, delay_minutes: deploy?.auto_merge?.delay ?? base.auto_merge.delay_minutes },
    monitor: {
      anomaly_detection: monitor?.anomaly_detection ?? base.monitor.anomaly_detection,
      rollback_on: monitor?.rollback_on ?? base.monitor.rollback_on,
      auto_create_issue: monitor?.auto_create_issue ?? base.monitor.auto_create_issue,
    },
  }
}
