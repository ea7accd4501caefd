import { GanderError } from '#domain/failure'
import { print, type Cli, type Verb } from '../cli.ts'
import type { SignInScreen } from '../environment.ts'
import { counted } from '../screen/figures.ts'
import { plainLine } from '../screen/plain-text.ts'
import { isProviderName, keyVariables, PROVIDERS } from '../model-choice.ts'

interface TokenFlags {
  readonly forget?: boolean
  readonly token?: boolean
  readonly device?: boolean
}

/** `gander login PROVIDER`: keep a key for a model provider. */
export const addLogin: Verb = (program, cli) => {
  program
    .command('login')
    .summary('keep the key of a model provider')
    .description('Keeps the key of a model provider in a file that only you can read.')
    .argument('[provider]', `${Object.keys(PROVIDERS).join(', ')}, or a name of your own; without one: what is there`)
    .option('--forget', 'forget the key that is kept')
    .option('--token', 'with --server: ask for a token instead of signing in with the browser')
    .option('--device', 'with --server: sign in with a browser on another machine, by a code')
    .addHelpText('after', EXAMPLES)
    .action(async (provider: string | undefined, flags: TokenFlags) => {
      const { server } = program.opts<{ readonly server?: string }>()
      if (server !== undefined) return await keepToken(cli, server, flags)
      if (provider === undefined) return await showKeys(cli)
      if (!isProviderName(provider) || provider === 'recorded')
        throw usage(`${provider} is no name of a provider: it needs lower-case letters, digits and hyphens.`)
      const { keys } = cli.environment
      if (flags.forget === true) {
        await keys.save(provider, undefined)
        return print(cli, [`The key for ${provider} is forgotten.`])
      }
      await keys.save(provider, await readKey(cli, provider))
      print(cli, [`The key for ${provider} is kept in ${keys.path}.`, ...overridden(cli, provider)])
    })
}

/** A token that is piped in is kept; on a terminal the person signs in with the browser, where the server offers it. */
async function keepToken(cli: Cli, server: string, flags: TokenFlags): Promise<void> {
  if (!/^https?:\/\/[^\s/]+$/.test(server)) throw usage(`${server} is no server: it needs http(s)://HOST:PORT.`)
  const { servers, stdin } = cli.environment
  const { forget = false, token = false, device = false } = flags
  if (device && (forget || token)) throw usage('--device signs in; it goes with neither --token nor --forget.')
  const signs_in = !forget && !token && (device || stdin.is_terminal)
  if (signs_in && (await signedIn(cli, server, device))) return
  if (device) throw usage(`${server} offers no sign-in: an administrator gives tokens there.`)
  await servers.save(server, forget ? undefined : await readKey(cli, server, 'Token'))
  print(cli, [forget ? `The token for ${server} is forgotten.` : `The token for ${server} is kept in ${servers.path}.`])
}

/** False where the server offers no sign-in; a token is asked for then. */
async function signedIn(cli: Cli, server: string, device: boolean): Promise<boolean> {
  const { environment } = cli
  const answer = await environment.signIn?.(server, device ? { code: byCode(cli) } : { browser: byBrowser(cli) })
  if (answer === undefined) return false
  const { token, expires_at } = answer
  await environment.servers.save(server, token)
  const until = expires_at === null ? '' : ` until ${expires_at.slice(0, 16).replace('T', ' ')} UTC`
  print(cli, [`You are signed in at ${server}${until}.`])
  return true
}

const byBrowser = (cli: Cli) => async (address: string) => {
  const opened = await cli.environment.show(address)
  const there = opened ? [] : ['No browser here? `--device` signs in with one on another machine.']
  print(cli, [
    opened ? 'Sign in with the browser that opens:' : 'Open this address to sign in:',
    `  ${address}`,
    ...there,
  ])
}

/** The code of a provider is shown as it is; whoever reads it types it on another machine. */
const byCode =
  (cli: Cli): NonNullable<SignInScreen['code']> =>
  async ({ user_code, address, whole_address, minutes }) =>
    print(cli, [
      `Open ${plainLine(address)} in any browser and type this code, within ${counted(minutes, 'minute')}:`,
      '',
      `  ${plainLine(user_code)}`,
      '',
      ...(whole_address === null ? [] : [`Or open ${plainLine(whole_address)}`]),
    ])

async function readKey(cli: Cli, provider: string, what = 'Key'): Promise<string> {
  const { stdin } = cli.environment
  const typed = stdin.is_terminal ? await stdin.askHidden(`${what} for ${provider} (not shown): `) : await stdin.read()
  const key = typed.trim()
  if (key === '') throw usage('No key was given: nothing was typed or piped in.')
  if (!/^[!-~]{1,1000}$/.test(key))
    throw usage('That is no key: it holds spaces, line breaks or letters that keys do not have.')
  return key
}

/** A key in the environment wins over a kept one; a person should know. */
function overridden(cli: Cli, provider: string): readonly string[] {
  const name = keyVariables(provider).find((variable) => (cli.environment.env[variable] ?? '') !== '')
  return name === undefined ? [] : [`Note: ${name} is set and is used before it.`]
}

async function showKeys(cli: Cli): Promise<void> {
  const { env, keys } = cli.environment
  const saved = await keys.read()
  const providers = [...new Set([...Object.keys(PROVIDERS), ...Object.keys(saved)])]
  const width = Math.max(...providers.map((provider) => provider.length))
  const lines = providers.map((provider) => {
    const variable = keyVariables(provider).find((name) => (env[name] ?? '') !== '')
    const found = variable === undefined ? (provider in saved ? 'key kept' : 'no key') : `key from ${variable}`
    return `  ${provider.padEnd(width)}  ${found}`
  })
  print(cli, lines)
}

const usage = (message: string) =>
  new GanderError('usage', message, { remedy: 'See `gander login --help`; a key can also be piped in.' })

const EXAMPLES = `
Examples:
  gander login anthropic                 asks for the key without showing it
  gander login openai < key.txt          reads it from standard input
  gander login --server http://127.0.0.1:4750   signs you in at a Gander server
  gander login --server http://127.0.0.1:4750 --device   the same, with a browser on another machine
  gander login --server http://127.0.0.1:4750 < token.txt   keeps a token of it
  gander login                           shows which keys there are, never the keys`
