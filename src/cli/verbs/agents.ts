import type { GuestSighting } from '#ports'
import { print, printJson, type Cli, type Verb } from '../cli.ts'
import { paintFor } from '../screen/paint.ts'
import { plainLine } from '../screen/plain-text.ts'
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
  apis: sighting.apis,
  reason: sighting.reason,
})

function page(sightings: readonly GuestSighting[], cli: Cli): readonly string[] {
  const { stdout, env } = cli.environment
  const paint = paintFor(stdout, env)
  const rows = sightings.map((sighting) => [
    sighting.id,
    isReady(sighting) ? 'ready' : sighting.found === null ? 'missing' : 'no answer',
    sighting.found?.version ?? '-',
    sighting.apis.join(', '),
  ])
  const lines = table(rows, {
    width: stdout.is_terminal ? stdout.columns() : 400,
    paint: (cell, row, column) => {
      const sighting = sightings[row]
      if (column !== 1 || sighting === undefined) return column === 0 ? cell : paint.dim(cell)
      return isReady(sighting) ? paint.good(cell) : paint.warn(cell)
    },
  })
  const remarks = sightings.flatMap(({ id, reason }) => (reason === null ? [] : [`${id}: ${plainLine(reason)}`]))
  return [...lines, ...(remarks.length === 0 ? [] : ['', ...remarks]), '', paint.dim(ANY)]
}

const ANY = 'Any other program: gander run --agent command … -- PROGRAM {prompt_file}'
