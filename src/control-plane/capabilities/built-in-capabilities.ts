/** The capability of a task that names none. */
export const DEFAULT_CAPABILITY = 'autonomous_issue_resolver.bounded_change'

const EVERY_INPUT = '[cli, api, task_file, issue_url, standard_input, demo, assistant]'
const NEVER = `[merge_pull_request, deploy_to_production, read_production_secrets, modify_iam_policy,
  write_to_production_database]`
const CHANGE = `[clone_repository, inspect_code, install_dependencies, run_commands, run_tests, edit_files,
  create_branch, open_pull_request]`

const BOUNDED_CHANGE = `
id: ${DEFAULT_CAPABILITY}
owner: platform
description: A change within the bounds of its task, proved by the repository's own tests, as a draft pull request.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_actions: ${CHANGE}
forbidden_actions: ${NEVER}
max_autonomy_tier: 2
models: ['*']
egress: {registries: true, hosts: ['*'], ask: true}
credentials: [model_provider, package_registry, forge]
required_evidence: [patch_summary, tests_run, risk_assessment, rollback_notes]
approval: {open_pr: automatic}
`

const BUG_FIX = `
id: autonomous_issue_resolver.low_risk_bugfix
owner: platform
description: Resolve a low-risk bug with a reproduction and its evidence.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_actions: ${CHANGE}
forbidden_actions: ${NEVER}
max_autonomy_tier: 2
models: ['*']
egress: {registries: true, hosts: ['*'], ask: true}
credentials: [model_provider, package_registry, forge]
required_evidence: [reproduction_attempt, root_cause_summary, patch_summary, tests_run, risk_assessment,
  rollback_notes]
approval: {open_pr: automatic}
`

const REFACTORING = `
id: maintenance.refactoring
owner: platform
description: Change how code is written and not what it does; no new dependency, no new host.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_actions: ${CHANGE}
forbidden_actions: ${NEVER}
max_autonomy_tier: 2
models: ['*']
egress: {registries: true}
credentials: [model_provider, package_registry, forge]
required_evidence: [plan, patch_summary, tests_run, judge_report, risk_assessment, rollback_notes]
approval: {open_pr: automatic}
`

const DEPENDENCY_UPDATE = `
id: maintenance.dependency_update
owner: platform
description: Raise what a program depends on, with what the raise needs in the code.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_actions: ${CHANGE}
forbidden_actions: ${NEVER}
max_autonomy_tier: 2
models: ['*']
egress: {registries: true, hosts: ['*'], ask: true}
credentials: [model_provider, package_registry, forge]
required_evidence: [patch_summary, tests_run, risk_assessment, rollback_notes]
approval: {open_pr: code_owner}
`

const UNIT_TESTS = `
id: tests.unit_test_patch
owner: platform
description: Add or mend tests; the program itself stays as it is.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_paths: ['**/test/**', '**/tests/**', '**/__tests__/**', '**/spec/**', '**/*.test.*', '**/*.spec.*',
  '**/*_test.*', '**/test_*.py', '**/src/test/**']
allowed_actions: ${CHANGE}
forbidden_actions: ${NEVER}
max_autonomy_tier: 2
models: ['*']
egress: {registries: true}
credentials: [model_provider, package_registry, forge]
required_evidence: [patch_summary, tests_run, risk_assessment, rollback_notes]
approval: {open_pr: automatic}
`

const DOCUMENTATION = `
id: docs.update
owner: platform
description: Change documents only; no command is run for the agent.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_paths: ['**/*.md', '**/*.mdx', '**/*.rst', '**/*.adoc', '**/*.txt', 'docs/**']
allowed_actions: [clone_repository, inspect_code, install_dependencies, run_tests, edit_files, create_branch,
  open_pull_request]
forbidden_actions: ${NEVER}
max_autonomy_tier: 2
models: ['*']
egress: {registries: true}
credentials: [model_provider, package_registry, forge]
required_evidence: [patch_summary, risk_assessment, rollback_notes]
approval: {open_pr: automatic}
`

const CODEMOD = `
id: codemod.deterministic_transform
owner: platform
description: Apply a rule or a command over a repository; no model is asked.
allowed_inputs: [cli, api, task_file]
allowed_repositories: ['*']
allowed_actions: ${CHANGE}
forbidden_actions: ${NEVER}
max_autonomy_tier: 3
egress: {registries: true, hosts: ['*'], ask: true}
credentials: [package_registry, forge]
required_evidence: [patch_summary, tests_run, risk_assessment, rollback_notes]
approval: {open_pr: automatic}
`

const ANALYSIS = `
id: advisor.analysis
owner: platform
description: Read a repository and say what would be done; nothing is written.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_actions: [clone_repository, inspect_code, install_dependencies, run_tests]
forbidden_actions: ${NEVER}
max_autonomy_tier: 0
models: ['*']
egress: {registries: true}
credentials: [model_provider, package_registry]
required_evidence: [plan, risk_assessment]
`

const REVIEW = `
id: advisor.review
owner: platform
description: Review a change that somebody proposes; nothing is run and nothing is written.
allowed_inputs: ${EVERY_INPUT}
allowed_repositories: ['*']
allowed_actions: [clone_repository, inspect_code]
forbidden_actions: ${NEVER}
max_autonomy_tier: 0
models: ['*']
credentials: [model_provider]
required_evidence: [risk_assessment]
`

/** The capabilities that come with the program, as YAML like an operator's own. */
export const BUILT_IN_CAPABILITIES: readonly string[] = [
  BOUNDED_CHANGE,
  BUG_FIX,
  REFACTORING,
  DEPENDENCY_UPDATE,
  UNIT_TESTS,
  DOCUMENTATION,
  CODEMOD,
  ANALYSIS,
  REVIEW,
]
