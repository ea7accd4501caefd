import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject } from '#domain/json'
import { DEFAULT_SANDBOX_PROFILE, ISOLATION_CLASSES, meet, type UnversionedProfile } from '#domain/sandbox'
import { RUN_MODES, type TaskScope } from '#domain/task'
import type { PolicyDecision, PolicyQuestion } from '#ports'
import { ask } from './policy-questions.ts'

/** The whole form: `GANDER_POLICY_PAIRS=100000 npx vitest run --project security test/security/policy-monotonicity.test.ts`. */
const PAIRS = Number(process.env['GANDER_POLICY_PAIRS'] ?? 6_000)

const STRICTNESS: Readonly<Record<PolicyDecision['answer'], number>> = { allow: 0, ask: 1, deny: 2 }

const PATHS = [
  'src/a.ts',
  'src/deep/b.ts',
  'docs/x.md',
  'package.json',
  '.github/ci.yml',
  'infra/y',
  'SRC/a.ts',
  '../x',
]
const GLOBS = ['src/**', '**/*.ts', 'docs/*', 'infra', '**', 'package.json', 'src/a.ts', 'SRC', '{broken', '!src/**']
const WORDS = ['ls', 'git', 'push', 'status', 'sh', '-c', 'curl https://x', 'rm', '-rf', '/', 'npm', 'publish', 'env']

const globs = fc.subarray(GLOBS)
const path = fc.constantFrom(...PATHS)
/** Mostly open, so that there is something to take away. */
const few = fc.oneof(
  { arbitrary: fc.constant([]), weight: 3 },
  { arbitrary: fc.subarray(GLOBS, { maxLength: 2 }), weight: 1 },
)
const open = fc.oneof(
  { arbitrary: fc.constantFrom(['**'], ['**', 'src/a.ts'], ['docs/*', 'src/**']), weight: 2 },
  { arbitrary: globs, weight: 1 },
)
const scope: fc.Arbitrary<TaskScope> = fc.record({
  allowed_paths: fc.oneof(fc.constant([]), open),
  forbidden_paths: few,
  writable_paths: fc.array(open, { maxLength: 2 }),
  read_only_paths: few,
  max_changed_files: fc.constant(20),
  max_diff_lines: fc.constant(800),
})

/** A wider question and the same one under one more rule. */
interface Pair {
  readonly name: string
  readonly wider: PolicyDecision
  readonly narrower: PolicyDecision
}
type Narrowing = (wider: TaskScope) => fc.Arbitrary<TaskScope>

/** Ways in which a lower level narrows a scope: it adds a list that forbids, or takes a path from one that allows. */
const NARROWINGS: Readonly<Record<string, Narrowing>> = {
  'one more forbidden path': (wider) =>
    fc.constantFrom(...GLOBS).map((glob) => ({ ...wider, forbidden_paths: [...wider.forbidden_paths, glob] })),
  'one more read-only path': (wider) =>
    fc.constantFrom(...GLOBS).map((glob) => ({ ...wider, read_only_paths: [...(wider.read_only_paths ?? []), glob] })),
  // No list at all makes nothing writable, and a profile that meets such a one keeps it so.
  'one more list of writable paths': (wider) =>
    globs.map((group) => ({
      ...wider,
      writable_paths: wider.writable_paths?.length === 0 ? [] : [...(wider.writable_paths ?? []), group],
    })),
  'a writable path less': (wider) =>
    fc.nat(1).map((drop) => ({
      ...wider,
      writable_paths: (wider.writable_paths ?? []).map((group) => group.filter((_, at) => at !== drop)),
    })),
  // The last allowed path is not taken away: an empty list would mean every path.
  'an allowed path less': (wider) =>
    fc.nat(1).map((drop) => ({
      ...wider,
      allowed_paths: wider.allowed_paths.filter((_, at) => at !== drop || wider.allowed_paths.length === 1),
    })),
}

const scopePair = fc.constantFrom(...Object.entries(NARROWINGS)).chain(([name, narrow]) =>
  scope.chain((wider) =>
    fc
      .tuple(narrow(wider), fc.array(path, { minLength: 1, maxLength: 2 }), fc.constantFrom('file.write', 'tree.path'))
      .map(([narrower, paths, action]): Pair => {
        const question = { action, paths, state: 'editing' as const }
        return { name, wider: ask(question, wider), narrower: ask(question, narrower) }
      }),
  ),
)

/** The scope that a sandbox profile makes, as a worker hands it to policy. */
const scopeOf = ({ filesystem }: UnversionedProfile): Partial<TaskScope> => ({
  writable_paths: filesystem.writable_paths,
  read_only_paths: filesystem.read_only_paths,
})
const profile: fc.Arbitrary<UnversionedProfile> = fc
  .record({ writable_paths: fc.array(open, { maxLength: 2 }), read_only_paths: few, network_ask: fc.boolean() })
  .map(({ network_ask, ...filesystem }) => ({
    ...DEFAULT_SANDBOX_PROFILE,
    filesystem,
    network: { allowlist: [], ask: network_ask },
  }))

const profilePair = fc.tuple(profile, profile, path).map(([one, other, name]): Pair => {
  const both = meet(one, other)
  const question = { paths: [name] }
  return { name: 'a second profile', wider: ask(question, scopeOf(one)), narrower: ask(question, scopeOf(both)) }
})

/** Facts that a stricter level or a weaker machine changes, each with its harsher value. */
const FACT_STEPS: readonly (readonly [Partial<PolicyQuestion> & { readonly facts: JsonObject }, JsonObject])[] = [
  ...RUN_MODES.flatMap((mode, at) =>
    RUN_MODES.slice(0, at).flatMap((less) =>
      (['branch.push', 'pull_request.open', 'run.prepare'] as const).map(
        (action) =>
          [
            {
              action,
              state: 'pr_preparing' as const,
              facts: { mode, branch: 'gander/x', default_branch: 'main', draft: true },
            },
            { mode: less },
          ] as const,
      ),
    ),
  ),
  ...ISOLATION_CLASSES.flatMap((isolation) =>
    ISOLATION_CLASSES.flatMap((required_isolation, at) =>
      ISOLATION_CLASSES.slice(at).map(
        (harsher) =>
          [
            {
              action: 'sandbox.open',
              state: 'preparing' as const,
              facts: { trust: 'operator', isolation, required_isolation, missing_controls: [], empty_resources: [] },
            },
            { required_isolation: harsher },
          ] as const,
      ),
    ),
  ),
  [
    {
      action: 'sandbox.open',
      state: 'preparing',
      facts: {
        trust: 'operator',
        isolation: 'own_kernel',
        required_isolation: 'shared_kernel',
        missing_controls: [],
        empty_resources: [],
      },
    },
    { missing_controls: ['pids'] },
  ],
  [
    {
      action: 'egress.connect',
      state: 'preparing',
      facts: { host: 'a.example.org', rule: 'egress.host', may_ask: true },
    },
    { may_ask: false },
  ],
]

const factPair = fc.constantFrom(...FACT_STEPS).map(([question, harsher]): Pair => {
  const facts = { ...question.facts, ...harsher }
  return { name: 'a harsher fact', wider: ask(question), narrower: ask({ ...question, facts }) }
})

/** A fact less, one that says nothing, or a command with words around it: what is not known is never better. */
const vaguerPair = fc.tuple(fc.constantFrom(...FACT_STEPS), fc.nat(5)).map(([[question], at]): Pair => {
  const facts = Object.fromEntries(Object.entries(question.facts).filter((_, index) => index !== at))
  const isWhole = Object.keys(facts).length === Object.keys(question.facts).length
  const wider = ask(question)
  // What a pull request says of its branch is looked at where it is known, so its absence is no narrowing.
  const isOptional = question.action === 'pull_request.open' || question.action === 'run.prepare'
  return { name: 'a fact less', wider, narrower: isWhole || isOptional ? wider : ask({ ...question, facts }) }
})

const commandPair = fc
  .tuple(fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 }), fc.constantFrom('sh', 'bash', 'dash'))
  .map(([argv, shell]): Pair => {
    const script = argv.join(' ')
    const question = { action: 'shell.exec', state: 'editing' as const }
    const wider = ask({ ...question, argv: [shell, '-c', script] })
    return {
      name: 'a further command in a script',
      wider,
      narrower: ask({ ...question, argv: [shell, '-c', `${script}; true`] }),
    }
  })

describe('a stricter policy', () => {
  it(`never allows what a looser one refused, over ${PAIRS} pairs`, () => {
    const moved = new Map<string, number>()
    const pairs = fc.oneof(
      { arbitrary: scopePair, weight: 6 },
      { arbitrary: profilePair, weight: 2 },
      { arbitrary: factPair, weight: 1 },
      { arbitrary: vaguerPair, weight: 1 },
      { arbitrary: commandPair, weight: 1 },
    )
    fc.assert(
      fc.property(pairs, ({ name, wider, narrower }) => {
        expect(STRICTNESS[narrower.answer], name).toBeGreaterThanOrEqual(STRICTNESS[wider.answer])
        if (narrower.answer !== wider.answer) moved.set(name, (moved.get(name) ?? 0) + 1)
      }),
      { numRuns: PAIRS },
    )
    // Each kind of rule did narrow something, so the property is not held by answers that never move.
    for (const name of [...Object.keys(NARROWINGS), 'a second profile', 'a harsher fact', 'a fact less'])
      expect(moved.get(name) ?? 0, name).toBeGreaterThan(0)
  })
})
