import { describe, expect, it } from 'vitest'
import { DEFAULT_SANDBOX_PROFILE } from '#domain/sandbox'
import { DEFAULT_SCOPE, type CapabilityGrant, type Task } from '#domain/task'
import type { Policy, PolicyDecision, PolicyQuestion } from '#ports'
import { sealSandboxProfile } from '#execution-plane/sandbox'
import { boundedPaths, boundedProfile, mayAskFor, openHosts, withinCapability } from './capability-bounds.ts'

const GRANT: CapabilityGrant = {
  id: 'team.notes',
  hash: 'h',
  owner: 'team',
  inputs: ['cli'],
  repositories: ['*'],
  paths: ['notes/**'],
  tools: ['file_read'],
  reach: 'draft_pr',
  max_autonomy_tier: 2,
  models: [],
  egress: { registries: false, hosts: ['*.example.org'], ask: true },
  credentials: [],
  evidence: [],
  approvals: [],
  end_states: ['completed'],
  forbidden_actions: ['shell.exec'],
  evals: [],
}
const decision = { answer: 'allow', matched_rules: [], explanation: 'it is open' } as unknown as PolicyDecision
const policy: Policy = { version: 'v', decide: () => decision }
const asked = (action: string) => ({ action }) as PolicyQuestion

describe('within a capability', () => {
  it('an act that it does not allow is denied on record, and another is what policy says', () => {
    const bounded = withinCapability(policy, { grant: GRANT }, () => undefined)
    expect(bounded.decide(asked('shell.exec'))).toMatchObject({
      answer: 'deny',
      matched_rules: [{ policy: 'capability', rule: 'capability.action' }],
    })
    expect(bounded.decide(asked('file.read')).answer).toBe('allow')
  })

  it('an act that the last reading of risk forbids is denied as well', () => {
    const bounded = withinCapability(policy, {}, () => ({ forbidden_actions: ['database.migrate'] }))
    expect(bounded.decide(asked('database.migrate')).answer).toBe('deny')
    expect(bounded.decide(asked('shell.exec')).answer).toBe('allow')
  })

  it('no way out is wider than it, and none is narrower than the profile was', () => {
    const own = sealSandboxProfile({
      ...DEFAULT_SANDBOX_PROFILE,
      network: { allowlist: ['a.example.org', 'b.example.com'], ask: true },
    })
    const { network, packages } = boundedProfile(own, GRANT)
    expect(network).toEqual({ allowlist: ['a.example.org'], ask: true })
    expect(packages.allow_download).toBe(false)
    expect(boundedProfile(own, undefined)).toBe(own)
  })

  it('a host outside it is neither open nor asked for', () => {
    expect(openHosts({ grant: GRANT }, ['x.example.org', 'x.example.com'])).toEqual(['x.example.org'])
    expect(mayAskFor({ grant: GRANT }, 'x.example.org')).toBe(true)
    expect(mayAskFor({ grant: GRANT }, 'x.example.com')).toBe(false)
  })

  it('a changed path must match its globs beside those there are', () => {
    const task = { scope: { ...DEFAULT_SCOPE, writable_paths: [['**']] }, grant: GRANT } as unknown as Task
    expect(boundedPaths(task).scope.writable_paths).toEqual([['**'], ['notes/**']])
  })
})
