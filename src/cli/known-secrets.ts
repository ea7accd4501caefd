import type { Redactor } from '#ports'
import type { Cli } from './cli.ts'

const HOLDS_SECRET = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/

/** A redactor that knows the secrets this command can see: those of the environment by their names, and saved keys. */
export async function redactorWithKeys(cli: Cli): Promise<Redactor> {
  const { env, keys } = cli.environment
  const redactor = await cli.environment.redactor()
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && HOLDS_SECRET.test(name)) redactor.register(name, value)
  for (const [provider, key] of Object.entries(await keys.read())) redactor.register(`${provider} key`, key)
  return redactor
}
