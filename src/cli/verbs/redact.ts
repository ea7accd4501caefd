import { Buffer } from 'node:buffer'
import { GanderError } from '#domain/failure'
import type { PersonalClass, Redaction, Redactor } from '#ports'
import type { Cli, Verb } from '../cli.ts'
import { redactorWithKeys } from '../known-secrets.ts'

const PERSONAL: readonly PersonalClass[] = ['email_address', 'private_url', 'phone_number', 'iban', 'payment_card']

/** Exit code of `--check` where something would be cut: what `grep` and `diff` say with 1. */
const FOUND = 1

interface Flags {
  readonly report?: boolean
  readonly check?: boolean
  readonly personal?: boolean
}

/** `gander redact < IN > OUT`: what leaves Gander is cleaned by the same engine. */
export const addRedact: Verb = (program, cli) => {
  program
    .command('redact')
    .summary('cut secrets out of a text')
    .description(
      'Copies standard input to standard output without the secrets in it: keys saved by a login and secrets of the environment (variables whose names end in KEY, TOKEN, SECRET, PASSWORD or CREDENTIALS) in any encoding, and known formats of credentials. Any bytes pass; memory stays the same however long the input is.',
    )
    .option('--report', 'say on standard error as one JSON line what was cut, by kind')
    .option('--personal', 'cut e-mail addresses, private URLs, phone numbers, IBANs and payment cards too')
    .option('--check', 'print nothing, and exit with 1 where something would be cut')
    .action(async (flags: Flags) => {
      const redactor = await redactorWithKeys(cli)
      const found = await redactInput(cli, redactor, flags)
      const { count, by_kind = {}, removed = 0, confirmed } = found
      if (flags.report === true)
        cli.environment.stderr.write(`${JSON.stringify({ count, by_kind, removed, confirmed })}\n`)
      if (flags.check === true && count > 0) cli.ended(FOUND)
    })
}

/** Bytes are taken one by one for characters and given back the same way, so any file comes out as it was. */
async function redactInput(cli: Cli, redactor: Redactor, flags: Flags): Promise<Redaction> {
  const { stdin, stdout } = cli.environment
  const stream = redactor.stream?.(flags.personal === true ? { classes: PERSONAL } : {})
  if (stream === undefined) throw new GanderError('internal', 'This redactor takes no streams.')
  const write = async (text: string): Promise<void> => {
    if (flags.check !== true && text !== '') await stdout.writeBytes(Buffer.from(text, 'latin1'))
  }
  for await (const bytes of stdin.bytes()) await write(await stream.push(Buffer.from(bytes).toString('latin1')))
  const rest = await stream.end()
  await write(rest.text)
  return rest
}
