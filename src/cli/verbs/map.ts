import { GanderError } from '#domain/failure'
import type { MapName, RepositoryMaps } from '#ports'
import { InvalidArgumentError } from 'commander'
import { resolve } from 'node:path'
import { print, printJson, type Verb } from '../cli.ts'
import { mapPage, mapSummary } from '../screen/map.ts'
import { paintFor } from '../screen/paint.ts'

const NAMES: readonly MapName[] = [
  'file',
  'build',
  'symbol',
  'dependency',
  'test',
  'ownership',
  'runtime',
  'risk',
  'convention',
]

interface Flags {
  readonly repo: string
  readonly at?: string
  readonly map?: MapName
  readonly json?: boolean
}

/** `gander map --repo DIR`: what a repository is made of, in nine maps. */
export const addMap: Verb = (program, cli) => {
  program
    .command('map')
    .summary('map a repository: files, build, symbols, imports, tests, owners, risks')
    .description(
      `Makes nine maps of one commit: ${NAMES.join(', ')}. They say how it is built and tested, what imports what, which tests reach which code, who owns it, where care is due and how people of it write. Nothing of the repository is run, no model is asked, and nothing leaves this machine.`,
    )
    .option('--repo <folder>', 'a git repository on this machine', '.')
    .option('--at <commit>', 'the commit to map; HEAD when absent')
    .option('--map <name>', `one map alone: ${NAMES.join(', ')}`, mapName)
    .option('--json', 'one JSON object instead of text; docs/reference/repository-maps.schema.json says what is in it')
    .action(async (flags: Flags) => {
      const { cwd, stdout, env } = cli.environment
      const wired = cli.environment.mapCommit?.()
      if (wired === undefined) throw new GanderError('internal', 'Maps are not wired into this program.')
      const maps = await (await wired)({ repository: resolve(cwd, flags.repo), at: flags.at ?? null })
      if (flags.json === true) return printJson(cli, flags.map === undefined ? maps : maps[flags.map])
      const look = { paint: paintFor(stdout, env), width: stdout.columns() }
      print(cli, shown(maps, flags.map, look))
    })
}

const shown = (maps: RepositoryMaps, name: MapName | undefined, look: Parameters<typeof mapSummary>[1]) =>
  name === undefined ? mapSummary(maps, look) : mapPage(maps, name, look)

function mapName(typed: string): MapName {
  const name = NAMES.find((each) => each === typed)
  if (name !== undefined) return name
  throw new InvalidArgumentError(`It takes one of ${NAMES.join(', ')}.`)
}
