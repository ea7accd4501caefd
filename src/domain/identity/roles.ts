/** What a person or a service may do on the platform; document 2 section 11 names the roles. */
export const ROLES = [
  'viewer',
  'operator',
  'approver',
  'campaign_owner',
  'policy_administrator',
  'platform_administrator',
  'auditor',
] as const

export type Role = (typeof ROLES)[number]

/**
 * Every act of the API, dotted as policy actions are, with the roles it is open to. An act that is not listed is open to
 * nobody. A viewer's acts are open to every role.
 */
export const PERMISSIONS = {
  'run.read': ROLES,
  'artifact.read': ['viewer', 'operator', 'approver', 'campaign_owner', 'platform_administrator', 'auditor'],
  'artifact.read_restricted': ['approver', 'platform_administrator', 'auditor'],
  'task.submit': ['operator', 'campaign_owner', 'platform_administrator'],
  'run.cancel': ['operator', 'campaign_owner', 'platform_administrator'],
  'run.continue': ['operator', 'campaign_owner', 'platform_administrator'],
  'approval.read': ROLES,
  'approval.decide': ['approver'],
  'checkpoint.answer': ['operator', 'approver', 'campaign_owner'],
  'policy.read': ROLES,
  'policy.write': ['policy_administrator'],
  'capability.read': ROLES,
  'capability.write': ['policy_administrator'],
  'memory.read': ROLES,
  'memory.approve': ['approver', 'policy_administrator'],
  'memory.forget': ['operator', 'approver', 'policy_administrator', 'platform_administrator'],
  'repository.read': ROLES,
  'repository.write': ['policy_administrator', 'platform_administrator'],
  'switch.read': ROLES,
  'switch.stop': ['operator', 'approver', 'campaign_owner', 'platform_administrator'],
  'switch.resume': ['platform_administrator'],
  'lease.revoke': ['platform_administrator'],
  'scheduler.pause': ['operator', 'platform_administrator'],
  'budget.read': ROLES,
  'budget.write': ['platform_administrator'],
  'audit.read': ['auditor', 'platform_administrator'],
  'audit.export': ['auditor'],
  'retention.read': ['auditor', 'platform_administrator'],
  'retention.hold': ['auditor', 'platform_administrator'],
  'retention.sweep': ['platform_administrator'],
  'replay.start': ['operator', 'auditor', 'platform_administrator'],
  'principal.read': ['auditor', 'platform_administrator'],
  'principal.write': ['platform_administrator'],
  'tenant.read': ['auditor', 'platform_administrator'],
  'tenant.write': ['platform_administrator'],
} as const satisfies Readonly<Record<string, readonly Role[]>>

export type Permission = keyof typeof PERMISSIONS
