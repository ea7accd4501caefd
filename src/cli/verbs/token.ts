import { InvalidArgumentError } from 'commander'
import { PERMISSIONS, type Permission } from '#domain/identity'
import type { TokenRecord } from '#ports'
import { findPrincipal, withAdministration } from '../administration.ts'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { plainLine } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

interface IssueFlags {
  readonly label: string
  readonly scope: readonly Permission[]
  readonly days?: number
  readonly json?: boolean
}

/** `gander token`: the tokens that speak for people and services. */
export const addToken: Verb = (program, cli) => {
  const token = program
    .command('token')
    .summary('tokens of the API')
    .description('Issues, shows and revokes tokens; a token is told once.')
    .addHelpText('after', EXAMPLES)
  token
    .command('list <principal>')
    .description("Lists somebody's tokens, never their secrets.")
    .option('--json', 'one JSON array on one line')
    .action(async (typed: string, { json }: { readonly json?: boolean }) => {
      const find = withAdministration(cli, async (desk) => desk.tokens((await findPrincipal(desk, typed)).id))
      const all = await find
      if (json === true) return printJson(cli, all)
      print(cli, all.length === 0 ? ['There is no token.'] : rows(cli, all))
    })
  token
    .command('issue <principal>')
    .description('Issues a token and prints it, once.')
    .option('--label <text>', 'what it is for', 'issued by gander token')
    .option('--scope <permission...>', 'what it is cut down to; without: all that its principal may', scopes, [])
    .option('--days <n>', 'when it expires; without: never', days)
    .option('--json', 'one JSON object on one line')
    .action(async (typed: string, { label, scope, days: after, json }: IssueFlags) => {
      const expires_at = after === undefined ? null : new Date(cli.environment.now() + after * DAY_MS).toISOString()
      const wish = { label, scopes: scope.length === 0 ? null : scope, expires_at }
      const act = withAdministration(cli, async (desk) => desk.issue((await findPrincipal(desk, typed)).id, wish))
      const issued = await act
      if (json === true) return printJson(cli, issued)
      print(cli, [issued.token])
    })
  token
    .command('revoke <token-id>')
    .description('Revokes a token; from then on it speaks for nobody.')
    .action(async (id: string) => {
      const revoked = await withAdministration(cli, (desk) => desk.revoke(id))
      print(cli, [`The token ${revoked.id} (${plainLine(revoked.label)}) is revoked.`])
    })
}

const DAY_MS = 86_400_000

const rows = ({ environment }: Cli, all: readonly TokenRecord[]): readonly string[] =>
  table(
    all.map(({ id, label, expires_at, revoked_at, scopes: cut }) => [
      id,
      revoked_at !== null ? 'revoked' : expires_at === null ? 'never expires' : `until ${expires_at.slice(0, 10)}`,
      cut === null ? 'everything' : cut.join(' '),
      plainLine(label),
    ]),
    { width: environment.stdout.is_terminal ? environment.stdout.columns() : 400 },
  )

function scopes(text: string, before: readonly Permission[]): readonly Permission[] {
  if (!Object.hasOwn(PERMISSIONS, text))
    throw new InvalidArgumentError(`It must be one of ${Object.keys(PERMISSIONS).join(', ')}.`)
  return [...before, text as Permission]
}

function days(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 3650) return value
  throw new InvalidArgumentError('It must be 1 to 3650 days.')
}

const EXAMPLES = `
Examples:
  gander token issue ci --label nightly --scope task.submit --scope run.read --days 90
  gander token list Ada
  gander token revoke tok_…`
