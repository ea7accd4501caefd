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
  'approval.decide': ['approver'],
} as const satisfies Readonly<Record<string, readonly Role[]>>

export type Permission = keyof typeof PERMISSIONS
