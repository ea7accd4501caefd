import { ok, refuse, type Result } from '../result/index.ts'
import type { CapabilityGrant, RunMode } from '../task/index.ts'
import { CAPABILITY_ACTIONS, type CapabilityAction, type CapabilityContract } from './capability-contract.ts'

/** A contradiction in a contract, with the field it is about. */
interface ContractDefect {
  readonly field: keyof CapabilityContract
  readonly message: string
}

/** Tools that every agent needs to say what it means or that it cannot go on; they touch nothing. */
const SPEECH = ['submit_plan', 'report_blocked'] as const

/** Policy actions that are closed where a word is forbidden, or not allowed. */
const CLOSED_WITH: Partial<Readonly<Record<CapabilityAction, readonly string[]>>> = {
  inspect_code: ['file.read', 'file.list', 'file.search', 'git.status', 'git.diff'],
  run_commands: ['shell.exec'],
  run_tests: ['verifier.run'],
  edit_files: ['file.write', 'run.finish'],
  install_dependencies: ['egress.connect'],
  create_branch: ['branch.push'],
  open_pull_request: ['pull_request.open'],
}

/** Compiles a contract into what is enforced, or names every contradiction in it. */
export function compileCapability(
  contract: CapabilityContract,
  hash: string,
): Result<CapabilityGrant, readonly ContractDefect[]> {
  const defects = contradictions(contract)
  if (defects.length > 0) return refuse(defects)
  const { allowed_actions: allowed, egress } = contract
  const closed = Object.entries(CLOSED_WITH).filter(([action]) => !allowed.some((each) => each === action))
  return ok({
    id: contract.id,
    hash,
    owner: contract.owner,
    inputs: contract.allowed_inputs,
    repositories: contract.allowed_repositories,
    paths: contract.allowed_paths,
    tools: [...allowed.flatMap((action) => [...CAPABILITY_ACTIONS[action]]), ...SPEECH],
    reach: reachOf(allowed),
    max_autonomy_tier: contract.max_autonomy_tier,
    models: contract.models,
    egress: allowed.includes('install_dependencies') ? egress : { registries: false, hosts: [], ask: false },
    credentials: contract.credentials,
    evidence: contract.required_evidence,
    approvals: approvalsOf(contract),
    end_states: contract.end_states,
    forbidden_actions: closed.flatMap(([, actions]) => actions),
    evals: contract.evals,
  })
}

function reachOf(allowed: readonly CapabilityAction[]): RunMode {
  if (!allowed.includes('edit_files')) return 'analysis_only'
  if (!allowed.includes('create_branch')) return 'dry_run_patch'
  return allowed.includes('open_pull_request') ? 'draft_pr' : 'local_branch'
}

function approvalsOf({ approval, allowed_actions }: CapabilityContract): CapabilityGrant['approvals'] {
  if (!allowed_actions.includes('open_pull_request') || approval.open_pr === 'automatic') return []
  return [{ act: 'open_pr', kind: approval.open_pr === 'human_required' ? 'reviewer' : approval.open_pr }]
}

/** End states that a run may always reach: nothing can promise that work succeeds. */
const ALWAYS_LEGAL = ['blocked_policy', 'needs_human', 'failed', 'cancelled'] as const

/** What each word of a contract cannot do without. */
const NEEDS: readonly {
  readonly field: keyof CapabilityContract
  readonly broken: (contract: CapabilityContract) => boolean
  readonly message: string
}[] = [
  {
    field: 'allowed_actions',
    broken: ({ allowed_actions: allowed }) => !allowed.includes('inspect_code'),
    message: 'must hold inspect_code: no task is worked on unread',
  },
  {
    field: 'allowed_actions',
    broken: ({ allowed_actions: allowed }) => allowed.includes('create_branch') && !allowed.includes('edit_files'),
    message: 'allows create_branch without edit_files, and a branch without a change is none',
  },
  {
    field: 'allowed_actions',
    broken: ({ allowed_actions: allowed }) =>
      allowed.includes('open_pull_request') && !allowed.includes('create_branch'),
    message: 'allows open_pull_request without create_branch, and a pull request needs its branch',
  },
  {
    field: 'credentials',
    broken: ({ allowed_actions: allowed, credentials }) =>
      allowed.includes('open_pull_request') && !credentials.includes('forge'),
    message: 'lacks forge, which open_pull_request needs',
  },
  {
    field: 'credentials',
    broken: ({ models, credentials }) => models.length > 0 && !credentials.includes('model_provider'),
    message: 'lacks model_provider, which the models need',
  },
  {
    field: 'credentials',
    broken: ({ egress, credentials }) => egress.registries && !credentials.includes('package_registry'),
    message: 'lacks package_registry, which egress.registries needs',
  },
  {
    field: 'egress',
    broken: ({ allowed_actions: allowed, egress }) =>
      !allowed.includes('install_dependencies') && (egress.registries || egress.hosts.length > 0),
    message: 'opens a way out, and install_dependencies, which alone may use one, is not allowed',
  },
  {
    field: 'required_evidence',
    broken: ({ allowed_actions: allowed, required_evidence }) =>
      required_evidence.includes('tests_run') && !allowed.includes('edit_files'),
    message: 'asks for tests_run of a capability that changes nothing',
  },
]

function contradictions(contract: CapabilityContract): readonly ContractDefect[] {
  const both = contract.allowed_actions.filter((action) => contract.forbidden_actions.includes(action))
  const unended = ALWAYS_LEGAL.filter((state) => !contract.end_states.includes(state))
  return [
    ...both.map(
      (action): ContractDefect => ({ field: 'forbidden_actions', message: `holds ${action}, which is allowed` }),
    ),
    ...NEEDS.filter(({ broken }) => broken(contract)).map(({ field, message }) => ({ field, message })),
    ...unended.map(
      (state): ContractDefect => ({ field: 'end_states', message: `lacks ${state}, which no run can rule out` }),
    ),
  ]
}
