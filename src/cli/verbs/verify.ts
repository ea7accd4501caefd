import { resolve } from 'node:path'
import { GanderError } from '#domain/failure'
import { parseId } from '#domain/ids'
import type { PacketCheck, PacketReport, PacketStatement } from '#ports'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { placeOf } from '../order.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine, plainText } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

interface VerifyFlags {
  readonly repo?: string
  readonly key?: readonly string[]
  readonly patch?: string
  readonly run: boolean
  readonly publicKey?: boolean
  readonly print?: boolean
  readonly json?: boolean
}

/** `gander verify PACKET`: whether an evidence packet is what was signed, is still true, and proves what it says. */
export const addVerify: Verb = (program, cli) => {
  program
    .command('verify')
    .summary('check an evidence packet, and run its tests again')
    .description(
      'Checks the signatures of an evidence packet, holds it against the repository, and runs its verification again in a clean sandbox. It needs the packet, the repository and the public key, and nothing else of the place it comes from.',
    )
    .argument('[packet]', 'packet.json of a run, or a run of this home: its id, a part of it, or `last`')
    .option('--repo <path>', 'path or address of the repository (default: the one the packet names)')
    .option('--key <file...>', 'public keys that are believed, and no others (default: those of this home)')
    .option('--patch <file>', 'the patch of a change that was published nowhere (default: the one this home kept)')
    .option('--no-run', 'check everything but the results of tests')
    .option('--print', 'print what the packet states, in clear; nothing is verified')
    .option('--public-key', 'print the public key that packets of this home are signed with')
    .option('--json', 'one JSON object on one line')
    .action((packet: string | undefined, flags: VerifyFlags) => verify(cli, packet, flags))
}

async function verify(cli: Cli, packet: string | undefined, flags: VerifyFlags): Promise<void> {
  const { environment } = cli
  if (environment.verification === undefined)
    throw new GanderError('usage', 'This program was built without the verification of packets.')
  const verifier = await environment.verification()
  if (flags.publicKey === true) {
    environment.stdout.write(await verifier.publicKey())
    return
  }
  if (packet === undefined)
    throw new GanderError('usage', 'There is nothing to verify. No packet was named.', {
      remedy: 'Give the packet.json of a run: `gander verify PACKET --repo PATH`.',
    })
  if (flags.print === true)
    return printStatements(cli, await verifier.statements(await placeOfPacket(cli, packet)), flags)
  const paint = paintFor(environment.stderr, environment.env)
  const report = await verifier.verify({
    packet: await placeOfPacket(cli, packet),
    ...(flags.repo !== undefined && { repository: placeOf(flags.repo, environment.cwd) }),
    ...(flags.patch !== undefined && { patch: resolve(environment.cwd, flags.patch) }),
    keys: (flags.key ?? []).map((path) => resolve(environment.cwd, path)),
    run: flags.run,
    ...(flags.json !== true && {
      progress: (doing: string) => environment.stderr.write(`${paint.dim(`${doing} …`)}\n`),
    }),
  })
  cli.ended(report.verdict === 'verified' ? EXIT_CODES.done.code : EXIT_CODES.denied.code)
  if (flags.json === true) return printJson(cli, report)
  print(cli, shown(cli, report))
}

/** Every statement with its keys: for people one after the other, for programs as one array. */
function printStatements(cli: Cli, statements: readonly PacketStatement[], { json }: VerifyFlags): void {
  if (json === true) return printJson(cli, { statements })
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  for (const [at, { key_ids, statement }] of statements.entries()) {
    const keys = key_ids.map((id) => plainLine(id).slice(0, 16)).join(', ')
    const lines = JSON.stringify(statement, null, 2).split('\n').map(plainText)
    print(cli, [
      paint.strong(`Statement ${at + 1} of ${statements.length}`),
      paint.dim(`by ${keys}, not verified here`),
    ])
    print(cli, [...lines, ''])
  }
}

/** A run by its id, a part of it or `last`; anything else is a file. */
async function placeOfPacket(cli: Cli, typed: string): Promise<string> {
  if (parseId('run', typed) !== undefined) return typed
  if (/^(?:last|run_\w+)$/.test(typed)) return withPlatform(cli, 'read', (platform) => findRun(platform, typed))
  return resolve(cli.environment.cwd, typed)
}

const NAMES: Readonly<Record<PacketCheck['check'], string>> = {
  signature: 'signature',
  statements: 'statements agree',
  builder: 'builder',
  artifacts: 'artifacts',
  base_commit: 'base commit',
  base_current: 'base not moved',
  subject: 'proposed commit',
  head_current: 'head not moved',
  profile: 'profile',
  base_results: 'tests of the base',
  head_results: 'tests of the head',
}

const ANSWERS: Readonly<Record<PacketCheck['answer'], string>> = {
  pass: 'pass',
  fail: 'FAIL',
  not_checked: 'not checked',
}

function shown(cli: Cli, { verdict, checks, run_id, packet_sha256 }: PacketReport): readonly string[] {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const ink = { pass: paint.good, fail: paint.bad, not_checked: paint.dim }
  // What was never reached after a denial is no news.
  const told = checks.filter(({ answer, detail }) => answer !== 'not_checked' || detail !== 'an earlier check failed')
  const rows = told.map(({ check, answer, detail }) => [ANSWERS[answer], NAMES[check], plainLine(detail)])
  const painted = (cell: string, row: number, at: number) => {
    const answer = told[row]?.answer ?? 'not_checked'
    return at === 0
      ? ink[answer](cell)
      : at === 1
        ? paint.strong(cell)
        : answer === 'not_checked'
          ? paint.dim(cell)
          : cell
  }
  const failed = told.filter(({ answer }) => answer === 'fail')
  const open = checks.filter(({ answer }) => answer === 'not_checked').length
  const about = `packet ${packet_sha256.slice(0, 16)}${run_id === null ? '' : ` of ${plainLine(run_id)}`}`
  const end =
    verdict === 'verified'
      ? `${paint.good('Verified')}: ${about}${open === 0 ? '' : `; ${open} of ${checks.length} checks were not made`}.`
      : `${paint.bad('Denied')}: ${about}.`
  const width = stdout.is_terminal ? Math.max(80, stdout.columns()) : 400
  const next = [...new Set(failed.flatMap((check) => (check.next === undefined ? [] : [check.next])))]
  return [...table(rows, { width, paint: painted }), '', end, ...next.map((each) => `  Next: ${plainLine(each)}`)]
}
