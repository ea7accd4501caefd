import { InvalidArgumentError, type Command } from 'commander'
import { ROLES, type Role, type RoleGrant } from '#domain/identity'
import type { PrincipalRecord } from '#ports'
import { everyPage, findPrincipal, withAdministration } from '../administration.ts'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

interface AddFlags {
  readonly kind: 'person' | 'service' | 'worker'
  readonly grant: readonly RoleGrant[]
  readonly oidc?: readonly [issuer: string, subject: string]
  readonly json?: boolean
}

/** `gander principal`: who is let in, and what they may. */
export const addPrincipal: Verb = (program, cli) => {
  const principal = program
    .command('principal')
    .summary('who is let in, and what they may')
    .description('Shows, lets in and changes people, services and workers.')
    .addHelpText('after', EXAMPLES)
  addLooking(principal, cli)
  addChanging(principal, cli)
}

function addLooking(principal: Command, cli: Cli): void {
  principal
    .command('list', { isDefault: true })
    .description('Lists who is let in.')
    .option('--json', 'one JSON array on one line')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const all = await withAdministration(cli, (desk) => everyPage((page) => desk.principals(page)))
      if (json === true) return printJson(cli, all)
      print(
        cli,
        all.length === 0 ? ['Nobody is let in yet. `gander principal add NAME` lets somebody in.'] : rows(cli, all),
      )
    })
}

function addChanging(principal: Command, cli: Cli): void {
  principal
    .command('add <name>')
    .description('Lets somebody in.')
    .option('--kind <kind>', 'person, service or worker', kind, 'person')
    .option('--grant <role...>', GRANT, grants, [])
    .option('--oidc <issuer,subject>', 'who they are at the identity provider', subject)
    .option('--json', 'one JSON object on one line')
    .action(async (name: string, { kind: as, grant, oidc, json }: AddFlags) => {
      const known = oidc === undefined ? null : { issuer: oidc[0], subject: oidc[1] }
      const wish = { kind: as, name, oidc: known, grants: grant }
      shown(cli, await withAdministration(cli, (desk) => desk.letIn(wish)), json)
    })
  principal
    .command('grant <principal> [roles...]')
    .description(`Sets what somebody may, in place of what they might before. ${GRANT}`)
    .option('--json', 'one JSON object on one line')
    .action(async (typed: string, roles: readonly string[], { json }: { readonly json?: boolean }) => {
      const wanted = roles.reduce<readonly RoleGrant[]>((all, each) => grants(each, all), [])
      const act = withAdministration(cli, async (desk) => desk.setGrants((await findPrincipal(desk, typed)).id, wanted))
      shown(cli, await act, json)
    })
  principal
    .command('disable <principal>')
    .description('Lets somebody in no more; their tokens speak for nobody from then on.')
    .option('--json', 'one JSON object on one line')
    .action(async (typed: string, { json }: { readonly json?: boolean }) => {
      const act = withAdministration(cli, async (desk) => desk.disable((await findPrincipal(desk, typed)).id))
      shown(cli, await act, json)
    })
}

const GRANT = 'A grant is ROLE, ROLE@REPOSITORY or ROLE@REPOSITORY/ for all below, and may end: ROLE~2030-01-31.'

function shown(cli: Cli, record: PrincipalRecord, json: boolean | undefined): void {
  if (json === true) printJson(cli, record)
  else print(cli, rows(cli, [record]))
}

const rows = ({ environment }: Cli, all: readonly PrincipalRecord[]): readonly string[] =>
  table(
    all.map(({ id, kind: as, name, grants: held, disabled_at }) => [
      id,
      as,
      plainLine(name),
      disabled_at === null ? plainLine(held.map(written).join(' ') || 'no role') : 'let in no more',
    ]),
    { width: environment.stdout.is_terminal ? environment.stdout.columns() : 400 },
  )

const written = ({ role, repository, until }: RoleGrant): string =>
  `${role}${repository === null ? '' : `@${repository}`}${until === undefined ? '' : `~${until.slice(0, 10)}`}`

/** Reads one grant and adds it to those before it. */
function grants(text: string, before: readonly RoleGrant[]): readonly RoleGrant[] {
  const [, role, repository, day] = /^([a-z_]+)(?:@(.+?))?(?:~(\d{4}-\d\d-\d\d))?$/.exec(text) ?? []
  const known = ROLES.find((each): each is Role => each === role)
  if (known === undefined) throw new InvalidArgumentError(`It must be one of ${ROLES.join(', ')}.`)
  const until = day === undefined ? undefined : new Date(`${day}T23:59:59Z`)
  if (until !== undefined && Number.isNaN(until.getTime())) throw new InvalidArgumentError(`${day} is no day.`)
  const grant = { role: known, repository: repository ?? null }
  return [...before, until === undefined ? grant : { ...grant, until: until.toISOString() }]
}

function kind(text: string): AddFlags['kind'] {
  if (text === 'person' || text === 'service' || text === 'worker') return text
  throw new InvalidArgumentError('It must be person, service or worker.')
}

function subject(text: string): readonly [string, string] {
  const at = text.lastIndexOf(',')
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError('It must be ISSUER,SUBJECT.')
  return [text.slice(0, at), text.slice(at + 1)]
}

const EXAMPLES = `
Examples:
  gander principal add Ada --grant operator --grant approver~2030-01-31
  gander principal add ci --kind service --grant operator@https://git.example.org/acme/
  gander principal grant Ada viewer
  gander principal disable Ada`
