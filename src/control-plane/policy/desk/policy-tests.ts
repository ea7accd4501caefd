import { z } from 'zod'
import { readDocument } from '#documents'
import { RUN_STATES } from '#domain/run'
import { ok, refuse, type Result } from '#domain/result'
import { RUN_MODES, type RunMode } from '#domain/task'
import type { Identifiers, PolicyTestOutcome } from '#ports'
import { createPolicy } from '../create-policy.ts'
import type { CompiledLevel } from '../levels/compile-level.ts'
import { policyFor } from '../levels/compile-policy.ts'
import { requiredApprovals } from '../levels/required-approvals.ts'
import { questionOf } from './question-of.ts'

const texts = z.array(z.string()).optional()
const text = z.string().optional()

const input = z.strictObject({
  action: text,
  /** A tool's name on the wire, or its action. */
  tool: text,
  paths: texts,
  changed_files: texts,
  argv: texts,
  host: text,
  mode: z.enum(RUN_MODES as readonly [string, ...string[]]).optional(),
  state: z.enum(RUN_STATES as readonly [string, ...string[]]).optional(),
  capability: text,
  task_class: text,
  repository: text,
  change_classes: texts,
  allowed_paths: texts,
  forbidden_paths: texts,
  agreed_paths: texts,
  verifiers: texts,
  branch: text,
  server: text,
  /** For the reader; what is open is decided by the policy itself. */
  network_profile: text,
})

const DECISIONS = ['allow', 'ask', 'deny', 'ask_approval', 'block'] as const
const expected = z.strictObject({
  decision: z.enum(DECISIONS),
  reason_contains: text,
  rule: text,
  /** Kinds of approval that such a change needs. */
  approvals: texts,
})

const testsSchema = z.strictObject({
  tests: z.array(z.strictObject({ name: z.string().min(1), input, expect: expected })).max(2_000),
})
type Written = z.infer<typeof testsSchema>['tests'][number]

/** The outcome of a test, whose file is for the caller to name. */
type Outcome = Omit<PolicyTestOutcome, 'file'>

/** Reads tests: a list, or a list under `tests`. Runs none. */
export function readPolicyTests(source: string): Result<readonly Written[], readonly string[]> {
  const isList = /^(?:\s*(?:#.*)?\n)*\s*-\s/.test(source)
  const read = readDocument(isList ? `tests:\n${source}` : source, testsSchema, {
    lines_before: isList ? -1 : 0,
    such_as: 'tests',
  })
  return read.ok ? ok(read.value.tests) : refuse(read.refusal)
}

interface Ground {
  readonly levels: readonly CompiledLevel[]
  readonly identifiers: Identifiers
}

/** Asks each test's question of the policy. */
export const runPolicyTests = (tests: readonly Written[], ground: Ground): readonly Outcome[] =>
  tests.map((test) => outcomeOf(test, ground))

function outcomeOf({ name, input: given, expect }: Written, { levels, identifiers }: Ground): Outcome {
  const paths = given.paths ?? given.changed_files
  const { question, subject } = questionOf({
    action: given.action ?? given.tool,
    paths,
    argv: given.argv,
    host: given.host,
    // The schema knows these values only.
    mode: given.mode as RunMode | undefined,
    state: RUN_STATES.find((state) => state === given.state),
    capability: given.capability ?? given.task_class,
    repository: given.repository,
    scope: {
      allowed_paths: given.allowed_paths ?? [],
      forbidden_paths: given.forbidden_paths ?? [],
      ...(given.agreed_paths && { agreed_paths: given.agreed_paths }),
    },
    facts: factsOf(given),
  })
  const policy = policyFor(levels, subject.repository)
  const decision = createPolicy({ identifiers, levels: { policy, subject } }).decide(question)
  const wanted = decisionNamed(expect.decision)
  const kinds = requiredApprovals(policy.levels, {
    paths: paths ?? [],
    change_classes: given.change_classes ?? [],
    actions: [question.action],
    domains: [],
  }).map(({ kind }): string => kind)
  const lacking = (expect.approvals ?? []).filter((kind) => !kinds.includes(kind))
  const rules = decision.matched_rules.map(({ policy: by, rule }) => `${by}: ${rule}`)
  const differences = [
    ...(decision.answer === wanted ? [] : [`decision: expected ${wanted}, got ${decision.answer}`]),
    ...(expect.reason_contains === undefined || contains(decision.explanation, expect.reason_contains)
      ? []
      : [
          `reason: expected to contain ${JSON.stringify(expect.reason_contains)}, got ${JSON.stringify(decision.explanation)}`,
        ]),
    ...(expect.rule === undefined || decision.matched_rules.some(({ rule }) => rule === expect.rule)
      ? []
      : [`rule: expected ${expect.rule}, got ${rules.join(', ')}`]),
    ...(lacking.length === 0 ? [] : [`approvals: expected ${lacking.join(', ')}, got ${kinds.join(', ') || 'none'}`]),
  ]
  return { name, passed: differences.length === 0, differences, explanation: decision.explanation }
}

function factsOf({ mode, change_classes, verifiers, branch, server, tool }: Written['input']) {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(change_classes === undefined ? {} : { change_classes }),
    ...(verifiers === undefined ? {} : { verifiers }),
    ...(branch === undefined ? {} : { branch }),
    ...(server === undefined ? {} : { server, tool: tool ?? '' }),
  }
}

/** The words that the specification's own examples use. */
function decisionNamed(word: (typeof DECISIONS)[number]): 'allow' | 'ask' | 'deny' {
  if (word === 'block') return 'deny'
  return word === 'ask_approval' ? 'ask' : word
}

/** `forbidden path` is also found in `forbidden_path`. */
const contains = (said: string, wanted: string): boolean => plainWords(said).includes(plainWords(wanted))
const plainWords = (words: string): string => words.toLowerCase().replaceAll(/[_\s]+/g, ' ')
