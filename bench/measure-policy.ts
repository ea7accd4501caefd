/** `node bench/measure-policy.ts [DECISIONS]`: what a decision costs over levels of so many rules, in processor time. */
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { createCedarEngine } from '#adapters/policy/cedar'
import { ACTION_RESOURCES, compileLevels, createPolicy, policyFor } from '#control-plane/policy'
import { formatId, LOCAL_TENANT, type RunId } from '#domain/ids'
import { SILENT_DOCUMENT, type PolicyDocument } from '#domain/policy'
import { DEFAULT_SCOPE } from '#domain/task'

const LEVELS = ['platform', 'organisation', 'team', 'repository'] as const
const decisions = Number(process.argv[2] ?? 2_000)
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

/** Milliseconds of processor time of each decision about one path. */
function measure(rules: number): { readonly compile_ms: number; readonly samples: readonly number[] } {
  const began = process.cpuUsage()
  const levels = compileLevels(
    LEVELS.map((name) => level(name, rules)),
    engine,
  )
  const compiled = process.cpuUsage(began)
  if (!levels.ok) throw new Error(levels.refusal.join('; '))
  const policy = createPolicy({
    identifiers: { make: (kind) => formatId(kind, randomBytes(16)) },
    levels: { policy: policyFor(levels.value, subject.repository), subject },
  })
  const samples = Array.from({ length: decisions }, (_, n) => {
    const from = process.cpuUsage()
    policy.decide({
      action: 'file.write',
      run_id: 'run_1' as RunId,
      state: 'editing',
      paths: [`src/module${n % 50}/file.ts`],
      argv: [],
      scope: DEFAULT_SCOPE,
      args_hash: 'a'.repeat(64),
      facts: { content_class: 'text', mode: 'draft_pr' },
    })
    const { user, system } = process.cpuUsage(from)
    return (user + system) / 1_000
  })
  return {
    compile_ms: (compiled.user + compiled.system) / 1_000,
    samples: samples.slice(decisions / 10).toSorted((a, b) => a - b),
  }
}

for (const rules of [0, 20, 100, 124]) {
  const { compile_ms, samples } = measure(rules)
  const at = (share: number) => (samples[Math.floor(samples.length * share)] ?? Number.NaN).toFixed(2)
  const total = rules * LEVELS.length
  console.log(
    `${String(total).padStart(4)} rules over ${LEVELS.length} levels: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms a decision; compiled in ${compile_ms.toFixed(0)} ms`,
  )
}
