/** `node bench/measure-policy.ts [DECISIONS]`: what a decision costs over levels of so many rules, beside what Cedar alone takes. */
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { createCedarEngine } from '#adapters/policy/cedar'
import { cedarRequest } from '../src/adapters/policy/cedar/cedar-request.ts'
import { schemaFor } from '../src/adapters/policy/cedar/cedar-schema.ts'
import { ACTION_RESOURCES, compileLevels, createPolicy, policyFor } from '#control-plane/policy'
import { formatId, LOCAL_TENANT, type RunId } from '#domain/ids'
import { SILENT_DOCUMENT, type PolicyDocument } from '#domain/policy'
import { DEFAULT_SCOPE } from '#domain/task'

const LEVELS = ['platform', 'organisation', 'team', 'repository'] as const
const decisions = Number(process.argv[2] ?? 2_000)
const ROUNDS = 3
const engine = createCedarEngine({ actions: ACTION_RESOURCES })
const subject = {
  tenant_id: LOCAL_TENANT,
  repository: 'https://forge.example.org/a/b',
  capability: 'bug_fix',
  mode: 'draft_pr',
  trust: 'operator',
  requester: 'ann',
} as const

/** One level with so many rules, half in YAML and half in Cedar. */
const level = (name: (typeof LEVELS)[number], rules: number): PolicyDocument => ({
  ...SILENT_DOCUMENT,
  level: name,
  name,
  paths: Array.from({ length: rules / 2 }, (_, n) => ({
    rule: `p${n}`,
    effect: 'deny',
    why: '',
    paths: [`closed${n}/**`],
    except: [],
  })),
  cedar: Array.from(
    { length: rules / 2 },
    (_, n) =>
      `@id("c${n}") forbid (principal, action == Action::"file.write", resource) when { resource.path like "/shut${n}/*" };`,
  ).join('\n'),
})

interface Measured {
  readonly compile_ms: number
  readonly samples: readonly number[]
}

/** A question about one path; `hit`: one rule of Cedar in each level matches it. */
const question = (n: number, hit: boolean) => ({
  action: 'file.write',
  run_id: 'run_1' as RunId,
  state: 'editing' as const,
  paths: [hit ? `shut1/file${n % 50}.ts` : `src/module${n % 50}/file.ts`],
  argv: [],
  scope: DEFAULT_SCOPE,
  args_hash: 'a'.repeat(64),
  facts: { content_class: 'text', mode: 'draft_pr' },
})

/** Milliseconds of each call, of the quietest of so many rounds: other programs on the machine are not what is measured. */
function quietest(act: (n: number) => void): readonly number[] {
  for (let n = 0; n < decisions; n++) act(n)
  const rounds = Array.from({ length: ROUNDS }, () =>
    Array.from({ length: decisions }, (_, n) => {
      const from = performance.now()
      act(n)
      return performance.now() - from
    }).toSorted((a, b) => a - b),
  )
  return rounds.toSorted((a, b) => at(a, 0.99) - at(b, 0.99))[0] ?? []
}

function measure(rules: number, hit: boolean): Measured {
  const from = performance.now()
  const levels = compileLevels(
    LEVELS.map((name) => level(name, rules)),
    engine,
  )
  const compile_ms = performance.now() - from
  if (!levels.ok) throw new Error(levels.refusal.join('; '))
  const policy = createPolicy({
    identifiers: { make: (kind) => formatId(kind, randomBytes(16)) },
    levels: { policy: policyFor(levels.value, subject.repository), subject },
  })
  return { compile_ms, samples: quietest((n) => policy.decide(question(n, hit))) }
}

/** What Cedar alone takes for the same: one preparsed set of so many policies, asked once. */
function measureBare(policies: number): readonly number[] {
  const schema = preparseSchema('bench', schemaFor(ACTION_RESOURCES))
  const text = level('platform', policies * 2).cedar ?? ''
  const parsed = preparsePolicySet('bench', { staticPolicies: `permit (principal, action, resource);\n${text}` })
  if (schema.type === 'failure' || parsed.type === 'failure') throw new Error('the floor cannot be prepared')
  const { tenant_id: tenant, repository, capability, mode, trust, requester } = subject
  const principal = { run_id: 'run_1', tenant, repository, capability, mode, trust, requester }
  const context = { state: 'editing', tool: '', branch: '', content_class: 'text', change_classes: [] }
  return quietest((n) => {
    const resource = { kind: 'path', components: ['src', `module${n % 50}`, 'file.ts'] } as const
    statefulIsAuthorized({
      ...cedarRequest({ action: 'file.write', principal, resource, context }),
      preparsedPolicySetId: 'bench',
      preparsedSchemaName: 'bench',
      validateRequest: true,
    })
  })
}

const at = (samples: readonly number[], share: number): number => samples[Math.floor(samples.length * share)] ?? NaN
const shown = (samples: readonly number[]) =>
  `p50 ${at(samples, 0.5).toFixed(3)} ms, p99 ${at(samples, 0.99).toFixed(3)} ms`

for (const rules of [0, 20, 100, 250])
  for (const hit of rules === 0 ? [false] : [false, true]) {
    const { compile_ms, samples } = measure(rules, hit)
    const said = hit ? 'one matches in each' : 'none matches'
    console.log(
      `${String(rules * LEVELS.length).padStart(4)} rules over ${LEVELS.length} levels, ${said.padEnd(19)}: ${shown(samples)} a decision; compiled in ${compile_ms.toFixed(0)} ms`,
    )
  }
console.log(`floor, Cedar alone, one call over 50 preparsed policies: ${shown(measureBare(50))}`)
