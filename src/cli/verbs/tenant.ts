import type { TenantId } from '#domain/ids'
import { everyPage, withAdministration } from '../administration.ts'
import { print, printJson, type Verb } from '../cli.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

/** `gander tenant`: who shares the installation. */
export const addTenant: Verb = (program, cli) => {
  const tenant = program
    .command('tenant')
    .summary('who shares this installation')
    .description('Shows, opens and closes tenants; each sees its own runs, people and records only.')
  tenant
    .command('list', { isDefault: true })
    .description('Lists the tenants.')
    .option('--json', 'one JSON array on one line')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const all = await withAdministration(cli, (desk) => everyPage((page) => desk.tenants(page)))
      if (json === true) return printJson(cli, all)
      const rows = all.map(({ tenant_id, name, closed_at }) => [
        tenant_id,
        closed_at === null ? 'open' : `closed ${closed_at.slice(0, 10)}`,
        plainLine(name),
      ])
      print(cli, table(rows, { width: cli.environment.stdout.columns() }))
    })
  tenant
    .command('open <name>')
    .description('Opens a tenant and prints the token of its first administrator, once.')
    .requiredOption('--administrator <name>', 'its first person')
    .option('--json', 'one JSON object on one line')
    .action(async (name: string, flags: { readonly administrator: string; readonly json?: boolean }) => {
      const opened = await withAdministration(cli, (desk) => desk.openTenant(name, flags.administrator))
      if (flags.json === true) return printJson(cli, opened)
      print(cli, [
        `The tenant ${plainLine(name)} is ${opened.tenant.tenant_id}; ${plainLine(flags.administrator)} may do everything in it.`,
        opened.token,
      ])
    })
  tenant
    .command('close <tenant-id>')
    .description('Lets nobody of a tenant in any more; everything on record stays.')
    .action(async (id: string) => {
      const closed = await withAdministration(cli, (desk) => desk.closeTenant(id as TenantId))
      print(cli, [`The tenant ${closed.tenant_id} (${plainLine(closed.name)}) is closed.`])
    })
}
