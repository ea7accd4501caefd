import type { GuestSighting } from '#ports'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine, wrap } from '../screen/plain-text.ts'
import { table } from '../screen/table.ts'

/** `gander agents`: which coding agents can work here as guests. */
export const addAgents: Verb = (program, cli) => {
  program
    .command('agents')
    .summary('coding agents that can work here as guests')
    .description(
      'Lists the coding agents that `gander run --agent NAME` can start, tries each in a sandbox, and says how to get the others.',
    )
    .option('--json', 'one JSON array on one line')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const sightings = await (await cli.environment.guests()).list()
      if (json === true) return printJson(cli, sightings.map(asJson))
      print(cli, page(sightings, cli))
    })
}

const isReady = ({ found, reason }: GuestSighting) => found !== null && reason === null

const asJson = (sighting: GuestSighting) => ({
  id: sighting.id,
  found: sighting.found !== null,
  answers: isReady(sighting),
  version: sighting.found?.version ?? null,
  where: sighting.where,
  apis: sighting.apis,
  reason: sighting.reason,
})

/** A line for each with how it stands, and below it where it is or how to get it. */
function page(sightings: readonly GuestSighting[], cli: Cli): readonly string[] {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const width = stdout.is_terminal ? stdout.columns() : WIDTH
  const rows = sightings.map((sighting) => [
    sighting.id,
    standing(sighting),
    sighting.found?.version ?? '-',
    sighting.apis.join(', '),
  ])
  const lines = table(rows, {
    width,
    paint: (cell, row, column) => {
      const sighting = sightings[row]
      if (column !== 1 || sighting === undefined) return column === 0 ? paint.strong(cell) : paint.dim(cell)
      return isReady(sighting) ? paint.good(cell) : paint.warn(cell)
    },
  })
  const below = sightings.map((sighting) =>
    placeAndReason(sighting, width, env['HOME'] ?? '').map((line) => paint.dim(line)),
  )
  return [...lines.flatMap((line, row) => [line, ...(below[row] ?? [])]), '', ...wrap(ANY, width).map(paint.dim)]
}

/** Where nobody says how wide a line may be. */
const WIDTH = 100
const INDENT = '  '

const standing = (sighting: GuestSighting): string =>
  isReady(sighting) ? 'ready' : sighting.found === null ? 'missing' : 'no answer'

function placeAndReason({ where, reason }: GuestSighting, width: number, home: string): readonly string[] {
  const place =
    where === null
      ? []
      : [shortened(home !== '' && where.startsWith(`${home}/`) ? `~${where.slice(home.length)}` : where, width)]
  const remarks = reason === null ? [] : wrap(plainLine(reason), width - INDENT.length)
  return [...place, ...remarks].map((line) => `${INDENT}${line}`)
}

/** The end of a path tells more than its beginning. */
const shortened = (path: string, width: number): string => {
  const room = width - INDENT.length
  return path.length <= room ? path : `…${path.slice(path.length - room + 1)}`
}

const ANY = 'Any other program: gander run --agent command … -- PROGRAM {prompt_file}'
