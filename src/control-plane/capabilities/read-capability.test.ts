import { expect, it } from 'vitest'
import { beyondGrant } from '#domain/capability'
import { BUILT_IN_CAPABILITIES, DEFAULT_CAPABILITY } from './built-in-capabilities.ts'
import { readCapability } from './read-capability.ts'

const FROM_THE_SPECIFICATION = `id: autonomous_issue_resolver.low_risk_bugfix
owner: platform-engineering
description: Resolve low-risk bug issues with reproduction and PR evidence.
allowed_inputs: [issue_url, task_file]
allowed_repositories: ['https://git.example.org/low-risk/*']
allowed_actions: [clone_repository, inspect_code, run_tests, edit_files, create_branch, open_pull_request, comment_on_issue]
forbidden_actions: [merge_pull_request, deploy_to_production, read_production_secrets, modify_iam_policy, write_to_production_database]
models: ['anthropic:*']
credentials: [model_provider, forge]
required_evidence: [reproduction_attempt, root_cause_summary, patch_summary, tests_run, risk_assessment, rollback_notes]
approval:
  open_pr: automatic
  merge_pr: human_required
  production_deploy: human_required
`

const grantOf = (source: string) => {
  const read = readCapability(source)
  if (!read.ok) throw new Error(read.refusal.join('; '))
  return read.value.grant
}
const problemsOf = (source: string) => {
  const read = readCapability(source)
  return read.ok ? [] : read.refusal
}

it('a contract is compiled into tools, reach, evidence and approvals', () => {
  const grant = grantOf(FROM_THE_SPECIFICATION)
  expect(grant).toMatchObject({
    reach: 'draft_pr',
    approvals: [],
    egress: { registries: false, hosts: [], ask: false },
    end_states: ['completed', 'blocked_policy', 'needs_human', 'failed', 'cancelled'],
  })
  expect(grant.tools).toContain('file_edit')
  expect(grant.tools).not.toContain('shell_exec')
  expect(grant.forbidden_actions).toEqual(expect.arrayContaining(['shell.exec', 'egress.connect']))
})

it('what a contract leaves out is not allowed, and a person is asked', () => {
  const grant = grantOf(FROM_THE_SPECIFICATION.replace(/approval:[^]*$/, ''))
  expect(grant.approvals).toEqual([{ act: 'open_pr', kind: 'reviewer' }])
})

it.each([
  ['an unknown field', '\nowner:', '\nowners: x\nowner:', /owners \(line 2\) is no known field; did you mean owner\?/],
  ['an act never allowed', ' comment_on_issue', ' merge_pull_request', /\(line 6\) is an act that no capability/],
  ['a merge without people', 'pr: human_required', 'pr: automatic', /merge_pr \(line 13\) must be one of human_req/],
  ['a field that is there twice', '\nowner:', '\nowner: x\nowner:', /line 3/],
])('%s is refused with its line', (_, from, to, says) => {
  expect(problemsOf(FROM_THE_SPECIFICATION.replace(from, to)).join('; ')).toMatch(says)
})

it.each([
  ['credentials: [model_provider, forge]', 'credentials: [model_provider]', /credentials \(line 9\) lacks forge/],
  ['create_branch, ', '', /allowed_actions \(line 6\) allows open_pull_request without create_branch/],
  ['inspect_code, ', '', /must hold inspect_code/],
  ["models: ['anthropic:*']", "models: ['a:*']\negress: {registries: true}", /egress \(line 9\) opens a way out/],
  [
    "models: ['anthropic:*']",
    "models: ['a:*']\negress: {registries: true}",
    /credentials \(line 10\) lacks package_reg/,
  ],
  ['[merge_pull_request,', '[run_tests, merge_pull_request,', /forbidden_actions \(line 7\) holds run_tests/],
])('a contract that contradicts itself is refused: %s', (from, to, says) => {
  expect(problemsOf(FROM_THE_SPECIFICATION.replace(from, to)).join('; ')).toMatch(says)
})

it('two files that say the same have the same hash, and another word is another one', () => {
  const hash = (source: string) => grantOf(source).hash
  expect(hash(FROM_THE_SPECIFICATION)).toBe(hash(`# the same\n${FROM_THE_SPECIFICATION}`))
  expect(hash(FROM_THE_SPECIFICATION)).not.toBe(hash(FROM_THE_SPECIFICATION.replace('owner: p', 'owner: q')))
})

it('every built-in capability holds, and the default reaches what gander run does by itself', () => {
  const grants = BUILT_IN_CAPABILITIES.map(grantOf)
  expect(grants.find(({ id }) => id === DEFAULT_CAPABILITY)).toMatchObject({ reach: 'draft_pr', approvals: [] })
})

it('a task beyond its capability is told everything that is', () => {
  const model = { provider: 'openai', model: 'x', api: 'openai-chat', url: null } as const
  const agent = { kind: 'native', model, fallback: null } as const
  const grant = grantOf(FROM_THE_SPECIFICATION)
  const asked = { agent, mode: 'draft_pr', repository: 'https://git.example.org/other', source: 'cli' } as const
  expect(beyondGrant(grant, asked)).toHaveLength(3)
  const within = { provider: 'anthropic', model: 'y', api: 'anthropic', url: null } as const
  const repository = 'https://git.example.org/low-risk/a'
  expect(
    beyondGrant(grant, { agent: { ...agent, model: within }, mode: 'local_branch', repository, source: 'issue_url' }),
  ).toEqual([])
})
