import { GanderError, isGanderError } from '#domain/failure'
import { print, type Cli, type Verb } from '../cli.ts'

/** `gander logout --server URL`: the token that is kept for a server speaks for nobody any more. */
export const addLogout: Verb = (program, cli) => {
  program
    .command('logout')
    .summary('sign out at a server')
    .description('Revokes the token that is kept for the server of --server, and forgets it.')
    .action(() => logout(cli))
}

/** A token carries its own identifier, so that whoever holds it can name it. */
const NAMED = /^gnd_[0-9a-z]{1,32}_([0-9a-hjkmnp-tv-z]{26})_/

async function logout(cli: Cli): Promise<void> {
  const { environment } = cli
  const { servers } = environment
  const url = cli.server()
  if (url === undefined)
    throw new GanderError('usage', 'No server was named, so there is nothing to sign out of.', {
      remedy: 'Give `gander --server URL logout`.',
    })
  const token = (await servers.read())[url]
  if (token === undefined) return print(cli, [`No token is kept for ${url}.`])
  const id = NAMED.exec(token)?.[1]
  if (id !== undefined && environment.openAdministration !== undefined) {
    const desk = await environment.openAdministration({ server: { url, token } })
    try {
      await desk.revoke(`tok_${id}`)
    } catch (error) {
      // A token that speaks for nobody any more is as good as revoked; whatever else keeps the token here.
      if (!isGanderError(error, 'server_refused')) throw error
    } finally {
      await desk.close()
    }
  }
  await servers.save(url, undefined)
  print(cli, [`You are signed out at ${url}: the token is revoked, and forgotten here.`])
}
