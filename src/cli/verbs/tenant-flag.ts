import { InvalidArgumentError, type Command } from 'commander'
import { LOCAL_TENANT, type TenantId } from '#domain/ids'

/** Of what somebody who runs the installation asks for a tenant; absent: the installation's own. */
export interface OfTenant {
  readonly tenant: TenantId
}

/** Lets a command be about any tenant. */
export const withTenant = (command: Command): Command =>
  command.option('--tenant <id>', 'whose', tenantId, LOCAL_TENANT)

function tenantId(text: string): TenantId {
  if (/^ten_[a-z0-9]+$/.test(text)) return text as TenantId
  throw new InvalidArgumentError('It must be a tenant’s id, such as ten_local.')
}
