import type { JsonObject } from '../json/index.ts'

/**
 * Every error Gander throws, with the exit code the command line ends with and what a person can do.
 * The reference page of errors is made from this table.
 */
export const GANDER_ERRORS = {
  usage: { exit: 2, remedy: 'See `gander --help`.' },
  task_unclear: { exit: 2, remedy: 'Add what is missing to the issue and submit it again.' },
  task_invalid: { exit: 2, remedy: 'Correct the named fields; the schema is docs/reference/task.schema.json.' },
  issue_not_found: {
    exit: 2,
    remedy: 'Check the address; for a private issue set GITHUB_TOKEN, or save its text and give --issue FILE.',
  },
  issue_unreachable: { exit: 5, remedy: 'Try again when the network answers, or save its text and give --issue FILE.' },
  repository_not_found: { exit: 2, remedy: 'Check the path or address given with --repo.' },
  repository_empty: { exit: 2, remedy: 'Make a first commit; a run starts from a commit.' },
  repository_unreadable: {
    exit: 2,
    remedy: 'Check the address and that this user may read it (ssh key, token in the git credential store).',
  },
  source_too_large: {
    exit: 2,
    remedy:
      'Give a smaller repository, or a --base that holds less; Gander fetches one commit and checks it out whole.',
  },
  ref_not_found: { exit: 2, remedy: 'Give a branch, tag or commit that exists with --base.' },
  server_unreachable: { exit: 5, remedy: 'Check the address and that `gander serve` runs there.' },
  server_busy: { exit: 5, remedy: 'Try again in a minute.' },
  server_refused: { exit: 2, remedy: 'See the documents of the API at /docs.' },
  principal_not_found: { exit: 2, remedy: '`gander principal list` shows who there is.' },
  tenant_not_found: { exit: 2, remedy: '`gander tenant list` shows the tenants there are.' },
  repository_not_onboarded: { exit: 2, remedy: 'Put its record first; `gander serve` documents it at /docs.' },
  repository_not_agreed: {
    exit: 4,
    remedy: 'Ask whoever keeps the record of the repository to open it, or use a capability that may work there.',
  },
  resource_changed: { exit: 2, remedy: 'Read it again, and change what is there now.' },
  sign_in_refused: { exit: 2, remedy: 'Sign in again with `gander login --server URL`.' },
  sign_in_unavailable: { exit: 5, remedy: 'Check the identity provider, then sign in again.' },
  sign_in_rules_invalid: {
    exit: 2,
    remedy: 'Correct GANDER_HOME/sign-in.yaml or the --oidc flags; see docs/guides/roles.md.',
  },
  address_unavailable: { exit: 2, remedy: 'Choose another with --host or --port, or stop what listens there.' },
  access_rules_invalid: { exit: 2, remedy: 'Correct GANDER_HOME/access.yaml; see docs/guides/roles.md.' },
  not_offered: { exit: 2, remedy: 'Ask whoever runs the server; the routes it has are at /docs.' },
  policy_not_found: { exit: 2, remedy: '`gander policy` shows what is on record.' },
  not_let_in: { exit: 2, remedy: 'Ask an administrator to let this person in, or to map one of their groups.' },
  principal_exists: { exit: 2, remedy: 'Choose another name, or change the one there is.' },
  forbidden: { exit: 2, remedy: 'Ask an administrator for a role that may do this.' },
  order_not_admitted: { exit: 2, remedy: 'Correct the named parts, or ask who runs the server to open them.' },
  idempotency_conflict: { exit: 2, remedy: 'Use a new Idempotency-Key for another body.' },
  checkpoints_unreadable: { exit: 5, remedy: 'Check that the place of the checkpoints is there and readable.' },
  checkpoints_unwritable: {
    exit: 5,
    remedy: 'Check the place of the checkpoints; `gander audit verify` tells whether it and the ledger still agree.',
  },
  audit_key_unreadable: {
    exit: 5,
    remedy: 'Restore GANDER_HOME/audit-key.pem from its backup, or remove it to begin anew.',
  },
  evidence_key_unreadable: {
    exit: 5,
    remedy:
      'Restore GANDER_HOME/evidence-key.pem from its backup, remove it to begin anew, or correct GANDER_EVIDENCE_KEY.',
  },
  evidence_not_signed: {
    exit: 5,
    remedy: 'Try the program of GANDER_EVIDENCE_SIGNER by hand: it gets bytes and prints a signature in base64.',
  },
  packet_unreadable: { exit: 1, remedy: 'Give the packet.json of a run, as `gander show RUN` names it.' },
  audit_configuration_invalid: { exit: 2, remedy: 'Correct GANDER_HOME/audit.yaml; see docs/guides/audit.md.' },
  audit_export_unreadable: { exit: 2, remedy: 'Give a file made by `gander audit export`.' },
  dependency_rules_invalid: {
    exit: 2,
    remedy: 'Correct GANDER_HOME/dependencies.yaml; see docs/guides/registries.md.',
  },
  retention_rules_invalid: { exit: 2, remedy: 'Correct GANDER_HOME/retention.yaml; see docs/guides/audit.md.' },
  backup_unreadable: { exit: 2, remedy: 'Give a folder made by `gander backup`.' },
  backup_refused: { exit: 2, remedy: 'Give an empty or new folder, and a database whose owner sees every row.' },
  restore_refused: { exit: 2, remedy: 'Set GANDER_HOME to a new folder and restore into that.' },
  cursor_invalid: { exit: 2, remedy: 'Start again without a cursor.' },
  capability_unknown: { exit: 2, remedy: '`gander capability list` shows the capabilities there are.' },
  capability_disabled: {
    exit: 2,
    remedy: '`gander capability list` shows who disabled it and why; `gander capability enable ID` opens it again.',
  },
  capability_invalid: { exit: 2, remedy: 'Correct the file; `gander capability check` names every problem.' },
  capability_exceeded: {
    exit: 2,
    remedy: 'Ask for less, or name a capability that allows it; `gander capability list` shows them.',
  },
  stopped: {
    exit: 4,
    remedy: '`gander switches` shows who stopped it and why; whoever may lifts it with `gander resume`.',
  },
  memory_not_found: { exit: 2, remedy: '`gander memory list --all` shows what there is.' },
  memory_changed: { exit: 2, remedy: '`gander memory list --all` shows what it says now, and where it stands.' },
  memory_flagged: {
    exit: 4,
    remedy: 'Read it as what somebody else wrote; approve it with --despite-flags, or `gander memory forget` it.',
  },
  memory_conflicts: {
    exit: 4,
    remedy: '`gander memory list` shows both; `gander memory forget` the one that is wrong, then approve the other.',
  },
  memory_full: { exit: 4, remedy: '`gander memory forget` what is of no use any more, then approve this one.' },
  run_not_found: { exit: 2, remedy: '`gander list` shows the runs there are.' },
  run_not_in_state: { exit: 2, remedy: '`gander show RUN` tells what the run waits for.' },
  model_not_configured: {
    exit: 2,
    remedy:
      'Set ANTHROPIC_API_KEY, OPENAI_API_KEY or GOOGLE_GENERATIVE_AI_API_KEY, or run `gander login`, or use a local server: --model local:NAME --model-url http://127.0.0.1:11434/v1 --model-api openai-chat, or a recording: --model recorded:FILE.',
  },
  model_unknown: { exit: 2, remedy: 'Check the name after the provider in --model.' },
  model_key_rejected: { exit: 2, remedy: 'Check the key in the environment or run `gander login` again.' },
  model_unreachable: { exit: 5, remedy: 'Check --model-url and the network, then `gander continue RUN`.' },
  model_not_allowed: {
    exit: 2,
    remedy: 'Choose a model that GANDER_HOME/model-policy.yaml allows for this task, or change that policy.',
  },
  policy_invalid: {
    exit: 2,
    remedy:
      'Correct the named lines; `gander policy check` names every problem, docs/guides/policy.md what can be said.',
  },
  policy_unreadable: {
    exit: 5,
    remedy: '`gander policy show` tells what is active; `gander policy activate` mends it.',
  },
  policy_tests_failed: { exit: 2, remedy: 'Correct the policy or the tests; each failing test is shown above.' },
  model_policy_invalid: {
    exit: 2,
    remedy: 'Correct GANDER_HOME/model-policy.yaml; the schema is docs/reference/model-policy.schema.json.',
  },
  sandbox_profile_invalid: {
    exit: 2,
    remedy: 'Correct the profile; the schema is docs/reference/sandbox-profile.schema.json.',
  },
  approval_not_yours: { exit: 4, remedy: 'Ask another person to run `gander approve RUN` from their own account.' },
  approval_rules_invalid: { exit: 2, remedy: 'Correct GANDER_HOME/approvals.yaml; see docs/guides/approvals.md.' },
  approval_limit_reached: { exit: 4, remedy: 'Let another person answer, or answer later; a no is always taken.' },
  workflow_invalid: { exit: 2, remedy: 'Correct GANDER_HOME/workflow.yaml; see docs/guides/approvals.md.' },
  rollout_criteria_unmet: {
    exit: 4,
    remedy: '`gander autonomy` shows what is missing; --override moves it all the same, and the record says so.',
  },
  guest_not_found: { exit: 5, remedy: '`gander agents` tells which agents are found and how to install the others.' },
  mcp_server_unavailable: { exit: 5, remedy: '`gander mcp list` tells what is wrong with the server.' },
  mcp_configuration_invalid: { exit: 2, remedy: 'Correct GANDER_HOME/mcp.yaml; see docs/guides/mcp.md.' },
  model_without_price: {
    exit: 2,
    remedy:
      'Add the model to GANDER_HOME/prices.json, or declare it free there; without a price a cost limit cannot hold.',
  },
  recording_unreadable: { exit: 2, remedy: 'Give a file made by `gander record`.' },
  replay_refused: {
    exit: 2,
    remedy: '`gander show RUN` tells how the run went; `gander record RUN` keeps the conversation of a later one.',
  },
  recording_departed: { exit: 5, remedy: 'The run differs from the recording; record it again with `gander record`.' },
  verifier_not_found: { exit: 2, remedy: 'Give a verification profile with --verify FILE.' },
  verifier_invalid: {
    exit: 2,
    remedy: 'Correct the profile; the schema is docs/reference/verification-profile.schema.json.',
  },
  sandbox_unavailable: { exit: 5, remedy: 'Install bubblewrap (apt-get install bubblewrap) and run `gander doctor`.' },
  sandbox_control_missing: { exit: 5, remedy: '`gander doctor` names the control and what to do.' },
  database_unavailable: { exit: 5, remedy: 'Check DATABASE_URL, or unset it to use the embedded server.' },
  database_too_old: { exit: 5, remedy: 'Use PostgreSQL 15 or newer.' },
  database_role_insufficient: {
    exit: 5,
    remedy: 'Let the role of DATABASE_URL create roles, or create gander_app beforehand.',
  },
  gateway_unavailable: { exit: 5, remedy: 'Look at GANDER_HOME/logs/gateway.log and try again.' },
  storage_full: { exit: 5, remedy: 'Free disk space under GANDER_HOME, then `gander continue RUN`.' },
  storage_unwritable: { exit: 5, remedy: 'Make GANDER_HOME writable for this user, or point it elsewhere.' },
  artifact_corrupt: { exit: 5, remedy: 'The stored bytes do not match their hash; restore GANDER_HOME from a backup.' },
  lease_lost: { exit: 5, remedy: 'Another worker has the run; nothing is to be done.' },
  replay_diverged: { exit: 5, remedy: 'The program changed under a running run; start a new one.' },
  publication_failed: { exit: 5, remedy: 'Check the remote and its permissions, then `gander continue RUN`.' },
  tool_missing: { exit: 5, remedy: 'Install the named tool; `gander doctor` lists all of them.' },
  node_too_old: { exit: 2, remedy: 'Use Node 22.18 or newer.' },
  internal: { exit: 5, remedy: 'This is a defect of Gander; please report it.' },
} as const

export type ErrorCode = keyof typeof GANDER_ERRORS

interface GanderErrorOptions {
  readonly facts?: JsonObject
  readonly cause?: unknown
  /** True when the same act may succeed later without anything being changed. */
  readonly retryable?: boolean
  /** Replaces the catalogue's remedy where more is known. */
  readonly remedy?: string
}

/** What is broken is thrown as this: `message` says what happened and why, `remedy` what to do next. */
export class GanderError extends Error {
  readonly code: ErrorCode
  readonly facts: JsonObject
  readonly retryable: boolean
  readonly remedy: string

  constructor(code: ErrorCode, message: string, options: GanderErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'GanderError'
    this.code = code
    this.facts = options.facts ?? {}
    this.retryable = options.retryable ?? false
    this.remedy = options.remedy ?? GANDER_ERRORS[code].remedy
  }
}

/** Tells the family apart, and narrows to one code where it is given. */
export const isGanderError = (error: unknown, code?: ErrorCode): error is GanderError =>
  error instanceof GanderError && (code === undefined || error.code === code)
