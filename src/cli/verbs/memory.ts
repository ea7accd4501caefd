import { GanderError } from '#domain/failure'
import { MEMORY_LIMITS, type MemoryEntry, type MemoryState } from '#domain/memory'
import type { MemoryWish, TenantMemory } from '#ports'
import { resolve } from 'node:path'
import { print, printJson, withPlatform, type Cli, type Verb } from '../cli.ts'
import { counted } from '../screen/figures.ts'
import { paintFor, type Paint } from '../screen/paint.ts'
import { plainLine, wrap } from '../screen/plain-text.ts'

interface ListFlags {
  readonly repo?: string
  readonly all?: boolean
  readonly json?: boolean
}

interface ReviewFlags {
  readonly by?: string
  readonly reason?: string
  readonly days?: string
  readonly despiteFlags?: boolean
  readonly hash?: string
  readonly json?: boolean
}

/** `gander memory`: what runs learnt about repositories, and which of it later runs are shown. */
export const addMemory: Verb = (program, cli) => {
  const memory = program
    .command('memory')
    .summary('what runs learnt, and which of it is used')
    .description('Shows what runs learnt about repositories. Later runs are shown only what a person approved.')
  memory
    .command('list')
    .description('Lists what waits for a review and what is in use.')
    .option('--repo <repository>', 'a path or an address; all repositories when absent')
    .option('--all', 'what expired or was forgotten as well')
    .option('--json', 'one JSON array on one line')
    .action(async (flags: ListFlags) => list(cli, flags))
  memory
    .command('approve')
    .description('Lets later runs of its repository be shown an entry, as data.')
    .argument('<id>', 'its id')
    .option('--days <count>', 'for how long, 1 to 365', String(MEMORY_LIMITS.approved_days))
    .option('--hash <hash>', 'of the text that you read, as the list shows it; another text is not approved')
    .option('--despite-flags', 'also where something about its text is odd')
    .option('--by <name>', 'who says so (default: you; over a server, whoever signed in)')
    .option('--reason <text>', 'why, for the record')
    .option('--json', 'the entry as one JSON object on one line')
    .action(async (id: string, flags: ReviewFlags) => approve(cli, id, flags))
  memory
    .command('forget')
    .description('Erases the text of an entry; the same is not proposed again.')
    .argument('<id>', 'its id')
    .option('--by <name>', 'who says so (default: you; over a server, whoever signed in)')
    .option('--reason <text>', 'why, for the record')
    .option('--json', 'what is left of the entry as one JSON object on one line')
    .action(async (id: string, { by = cli.environment.user, reason = '', json = false }: ReviewFlags) => {
      const forgotten = await withMemory(cli, (desk) => desk.forget(id, { by, reason }))
      if (json) return printJson(cli, forgotten)
      print(cli, [`${forgotten.id} is forgotten.`])
    })
}

async function withMemory<Value>(cli: Cli, act: (memory: TenantMemory) => Promise<Value>): Promise<Value> {
  return withPlatform(cli, 'read', async ({ memory }) => {
    if (memory !== undefined) return act(memory)
    throw new GanderError('usage', 'This server does not offer its memory.', {
      remedy: 'Run the command on the machine of the server, or use a newer server.',
    })
  })
}

/** So much of a hash tells one text from another. */
const HASH_SHOWN = 12

/** The rule without its room, as words. */
const flagWords = (flag: string): string =>
  plainLine(flag.replace(/^(?:suspicious|memory)\./, '').replaceAll(/[._]/g, ' '))

const IN_HAND: readonly MemoryState[] = ['proposed', 'approved']
const isAddress = (repository: string): boolean => /^[a-z]+:\/\/|^[\w.-]+@[\w.-]+:/i.test(repository)

async function list(cli: Cli, { repo, all = false, json = false }: ListFlags): Promise<void> {
  const { stdout, env, cwd } = cli.environment
  const wish: MemoryWish = {
    ...(repo !== undefined && { repository: isAddress(repo) ? repo : resolve(cwd, repo) }),
    ...(!all && { states: IN_HAND }),
  }
  const entries = await withMemory(cli, (memory) => memory.list(wish))
  if (json) return printJson(cli, entries)
  if (entries.length === 0) return print(cli, ['Nothing is remembered.'])
  const paint = paintFor(stdout, env)
  const width = stdout.is_terminal ? Math.min(stdout.columns(), 110) : 110
  const waiting = entries.filter(({ state }) => state === 'proposed').length
  const repositories = [...new Set(entries.map(({ repository }) => repository))]
  print(cli, [
    ...repositories.flatMap((repository) => [
      paint.strong(plainLine(repository)),
      ...entries.filter((each) => each.repository === repository).flatMap((each) => linesOf(each, paint, width)),
      '',
    ]),
    waiting === 0
      ? paint.dim('Nothing waits for a review.')
      : `${counted(waiting, 'entry', 'entries')} to review: ${paint.strong('gander memory approve ID')} or ${paint.strong('forget ID')}`,
  ])
}

/** The text is what somebody else wrote: it is quoted, whole, and never set like Gander's own words. */
function linesOf(entry: MemoryEntry, paint: Paint, width: number): readonly string[] {
  const { id, kind, state, trust, confidence, text, source, seen, flags, expires_at, reviewer, reason } = entry
  const { hash, conflicts_with } = entry
  const ink = { proposed: paint.warn, approved: paint.good, expired: paint.dim, forgotten: paint.dim }[state]
  const from = [
    ...(source.run_id === null ? [] : [source.run_id]),
    ...(source.item === '' ? [] : [plainLine(source.item)]),
    ...(source.commit === null ? [] : [source.commit.slice(0, 9)]),
    `seen by ${counted(seen, 'run')}`,
    ...(text === '' ? [] : [`hash ${hash.slice(0, HASH_SHOWN)}`]),
  ]
  const by = reviewer === null ? '' : ` by ${plainLine(reviewer)}${reason === '' ? '' : `: ${plainLine(reason)}`}`
  return [
    `  ${paint.strong(id)}  ${ink(state)}${by}`,
    ...(text === '' ? [] : wrap(`“${plainLine(text)}”`, width - 4).map((line) => `    ${line}`)),
    paint.dim(
      `    ${kind.replaceAll('_', ' ')} · trust ${trust.replaceAll('_', ' ')} · confidence ${confidence.toFixed(2)} · until ${expires_at.slice(0, 10)}`,
    ),
    ...wrap(from.join(' · '), width - 4).map((line) => paint.dim(`    ${line}`)),
    ...(flags.length === 0 ? [] : wrap(`odd: ${flags.map(flagWords).join(', ')}`, width - 4)).map((line) =>
      paint.bad(`    ${line}`),
    ),
    ...(conflicts_with.length === 0 ? [] : [paint.warn(`    contradicts ${conflicts_with.join(', ')}`)]),
  ]
}

async function approve(cli: Cli, id: string, flags: ReviewFlags): Promise<void> {
  const { by = cli.environment.user, reason = '', days = '', despiteFlags = false, json = false } = flags
  const approved = await withMemory(cli, async (memory) => {
    const seen = await memory.view(id)
    const hash = readHash(seen, flags.hash)
    return memory.approve(id, { by, reason, hash, days: Number(days), despite_flags: despiteFlags })
  })
  if (json) return printJson(cli, approved)
  const { kind, trust, text, hash, expires_at } = approved
  print(cli, [
    `${approved.id} may be shown to runs of ${plainLine(approved.repository)} until ${expires_at.slice(0, 10)}:`,
    `  “${plainLine(text)}”`,
    `  ${kind.replaceAll('_', ' ')} · trust ${trust.replaceAll('_', ' ')} · hash ${hash.slice(0, HASH_SHOWN)}`,
  ])
}

/** The hash an approval is given for: what was read, where somebody says what they read. */
function readHash({ id, hash, text }: MemoryEntry, read: string | undefined): string {
  if (read === undefined) return hash
  if (!/^[0-9a-f]{8,64}$/.test(read))
    throw new GanderError('usage', '--hash takes 8 to 64 characters of the hash that the list shows.', {
      remedy: '`gander memory list` shows the hash of each entry.',
    })
  if (hash.startsWith(read)) return hash
  throw new GanderError(
    'memory_changed',
    `${id} has the hash ${hash.slice(0, HASH_SHOWN)} and says “${plainLine(text)}”.`,
  )
}
