import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { ACTION_RESOURCES, compileLevels, createPolicy, policyFor } from '#control-plane/policy'
import { createCedarEngine } from '#adapters/policy/cedar'
import type { RunId } from '#domain/ids'
import { SILENT_DOCUMENT, type PolicyDocument } from '#domain/policy'
import { DEFAULT_SCOPE, RUN_MODES } from '#domain/task'
import type { PolicyDecision, PolicyEngine, PolicyQuestion } from '#ports'
import { submission } from '../support/store-fixtures.ts'
import { identifiers } from './policy-questions.ts'

/** The whole form: `GANDER_POLICY_PAIRS=100000 npx vitest run --project security test/security/policy-level-monotonicity.test.ts`. */
const PAIRS = Number(process.env['GANDER_POLICY_PAIRS'] ?? 800)

const STRICTNESS: Readonly<Record<PolicyDecision['answer'], number>> = { allow: 0, ask: 1, deny: 2 }
const cedar = createCedarEngine({ actions: ACTION_RESOURCES })
const prepared = new Map<string, ReturnType<PolicyEngine['prepare']>>()
/** Each text is prepared once. */
const engine: PolicyEngine = {
  prepare: (text) => {
    const known = prepared.get(text) ?? cedar.prepare(text)
    prepared.set(text, known)
    return known
  },
}
const subject = { ...submission().task, repository: 'https://forge.example.org/pay/api' }

const GLOBS = ['src/**', '**/*.ts', 'docs', 'infra/**', '**', 'package.json', 'SRC/a.ts', '**/.github/**']
const names = (of: readonly string[]) => fc.subarray([...of], { minLength: 1, maxLength: Math.min(3, of.length) })
const effect = fc.constantFrom('ask' as const, 'deny' as const)
const ruled = <Rule extends object>(rule: fc.Arbitrary<Rule>) =>
  fc.array(rule, { maxLength: 2 }).map((rules) => rules.map((each, n) => ({ ...each, rule: `r${n}`, why: '' })))
const nameRules = (of: readonly string[]) => ruled(fc.record({ effect, names: names(of) }))

/** A small pool of Cedar texts: each is compiled once however often it is drawn. */
const CEDAR = [
  null,
  null,
  '@id("docs") forbid (principal, action == Action::"file.write", resource in Folder::"docs");',
  '@id("ts") @effect("ask") forbid (principal, action in [Action::"file.write", Action::"tree.path"], resource) when { resource.extension == "ts" };',
  '@id("git") forbid (principal, action == Action::"shell.exec", resource) when { resource.program == "git" };',
  '@id("push") @effect("ask") forbid (principal, action == Action::"branch.push", resource) when { principal.mode == "draft_pr" };',
  '@id("host") forbid (principal, action == Action::"egress.connect", resource) when { resource.domains.contains("example.org") };',
  '@id("broken") forbid (principal, action == Action::"file.write", resource) when { 9223372036854775807 + 1 > 0 && resource.name like "a*" };',
]

const level: fc.Arbitrary<PolicyDocument> = fc
  .record({
    level: fc.constantFrom('platform' as const, 'organisation' as const, 'team' as const, 'repository' as const),
    applies_to: fc.constantFrom([], [], ['*/pay/*'], ['*/other/*']),
    paths: ruled(
      fc.record({
        effect,
        paths: names(GLOBS),
        except: fc.oneof(fc.constant([]), fc.subarray(GLOBS, { maxLength: 1 })),
      }),
    ),
    actions: nameRules(['file.*', 'shell.exec', 'branch.push', 'tree.path', 'egress.connect']),
    commands: nameRules(['git', 'npm', 'make deploy']),
    change_classes: nameRules(['documentation_change', 'dependency_change', 'ci_*']),
    capabilities: nameRules(['bug_fix', 'other']),
    egress: fc.record({
      allowed_hosts: fc.constantFrom(null, null, [], ['*.example.org'], ['a.example.org']),
      denied_hosts: fc.constantFrom([], ['a.example.org'], ['*.example.com']),
      ask: fc.boolean(),
    }),
    max_mode: fc.constantFrom(null, null, ...RUN_MODES),
    required_verifiers: fc.constantFrom([], [], ['tests'], ['lint']),
    cedar: fc.constantFrom(...CEDAR),
  })
  .map((said) => ({ ...SILENT_DOCUMENT, ...said, name: said.level, budgets: {} }))

const question: fc.Arbitrary<PolicyQuestion> = fc
  .oneof(
    fc.record({
      action: fc.constantFrom('file.write', 'tree.path'),
      paths: fc.subarray(['src/a.ts', 'docs/x.md', 'infra/y', 'package.json', 'Docs/Z.md', '.github/ci.yml'], {
        minLength: 1,
        maxLength: 2,
      }),
    }),
    fc.record({
      action: fc.constant('shell.exec'),
      argv: fc.constantFrom(['git', 'status'], ['npm', 'test'], ['sh', '-c', 'make deploy; git log'], ['ls']),
    }),
    fc.record({ action: fc.constant('egress.connect'), host: fc.constantFrom('a.example.org', 'b.example.com') }),
    fc.record({
      action: fc.constantFrom('branch.push', 'pull_request.open', 'run.prepare'),
      mode: fc.constantFrom(...RUN_MODES),
    }),
  )
  .map((given) => {
    const {
      action,
      paths = [],
      argv = [],
      host = '',
      mode = 'draft_pr',
    } = given as Partial<PolicyQuestion> & {
      readonly action: string
      readonly host?: string
      readonly mode?: string
    }
    const isWork = paths.length + argv.length > 0
    const state = action === 'egress.connect' ? 'preparing' : isWork ? 'editing' : 'pr_preparing'
    const facts = {
      mode,
      content_class: 'text',
      host,
      rule: 'egress.host',
      may_ask: true,
      branch: 'gander/x',
      default_branch: 'main',
      draft: true,
      verifiers: ['tests'],
    }
    return {
      action,
      run_id: 'run_1' as RunId,
      state,
      paths,
      argv,
      scope: DEFAULT_SCOPE,
      args_hash: 'a'.repeat(64),
      facts,
    }
  })

function decided(documents: readonly PolicyDocument[], asked: PolicyQuestion): PolicyDecision {
  const levels = compileLevels(documents, engine)
  if (!levels.ok) throw new Error(levels.refusal.join('; '))
  const policy = policyFor(levels.value, subject.repository)
  return createPolicy({ identifiers, levels: { policy, subject } }).decide(asked)
}

it(`PO-01 a level more, in YAML and Cedar, never turns a deny into an allow, over ${PAIRS} pairs`, () => {
  const moved = new Map<string, number>()
  fc.assert(
    fc.property(fc.array(level, { maxLength: 2 }), level, question, (levels, added, asked) => {
      const wider = decided(levels, asked)
      const narrower = decided([...levels, added], asked)
      expect(STRICTNESS[narrower.answer]).toBeGreaterThanOrEqual(STRICTNESS[wider.answer])
      // No level ever opens what the platform's own rules close.
      expect(STRICTNESS[wider.answer]).toBeGreaterThanOrEqual(STRICTNESS[decided([], asked).answer])
      if (narrower.answer !== wider.answer) {
        const by = narrower.matched_rules.some(({ rule }) => /^(?:docs|ts|git|push|host|cedar\.error)$/.test(rule))
        moved.set(by ? 'cedar' : 'yaml', (moved.get(by ? 'cedar' : 'yaml') ?? 0) + 1)
      }
    }),
    { numRuns: PAIRS },
  )
  // Both languages did close something, so the property is not held by answers that never move.
  for (const language of ['yaml', 'cedar']) expect(moved.get(language) ?? 0, language).toBeGreaterThan(0)
}, 3_600_000)
