import type { Bounded, MapName, RepositoryMaps } from '#ports'
import { counted, size } from './figures.ts'
import type { Paint } from './paint.ts'
import { cut, plainLine } from './plain-text.ts'
import { table } from './table.ts'

/** How a page of maps is drawn. */
export interface MapLook {
  readonly paint: Paint
  readonly width: number
}

/** Entries of one list on a page of one map; JSON has more. */
const SHOWN = 15
const LABEL = 13

/** All nine maps on one screen: what somebody new to the repository would ask first. */
export function mapSummary(maps: RepositoryMaps, { paint, width }: MapLook): readonly string[] {
  const { file, build, dependency } = maps
  const modules = build.modules.entries.length + build.modules.more
  const head = `${counted(file.files, 'file')}, ${counted(file.lines, 'line')}, ${size(file.bytes)}`
  const rows = [...codeRows(maps), ...peopleRows(maps)].filter(([, said]) => said !== '')
  return [
    `${paint.strong(plainLine(maps.repository))}  ${paint.dim(maps.commit.slice(0, 12))}  ${head}`,
    '',
    ...languageBars(maps, { paint, width }),
    '',
    ...rows.map(
      ([label, said]) => `${paint.dim(label.padEnd(LABEL))}${cut(plainLine(said), Math.max(20, width - LABEL))}`,
    ),
    '',
    paint.dim(
      `${counted(modules, 'module')}, ${counted(dependency.edges, 'import')} between files. One map: --map NAME; all of them: --json.`,
    ),
  ]
}

function languageBars({ file }: RepositoryMaps, { paint }: MapLook): readonly string[] {
  const lines = file.languages.reduce((sum, each) => sum + each.lines, 0)
  const most = file.languages.filter((each, at) => at === 0 || each.lines * 100 >= lines).slice(0, 5)
  const wide = Math.max(0, ...most.map(({ name }) => name.length))
  return most.map(({ name, lines: of_language, files }) => {
    const share = lines === 0 ? 0 : of_language / lines
    const bar = '━'.repeat(Math.max(1, Math.round(share * 24))).padEnd(24)
    return `  ${name.padEnd(wide)}  ${paint.good(bar)}  ${paint.dim(`${String(Math.round(share * 100)).padStart(3)} %  ${counted(files, 'file')}`)}`
  })
}

type Row = readonly [label: string, said: string]

function codeRows({ build, symbol, dependency, test, runtime }: RepositoryMaps): readonly Row[] {
  const { internal, external, standard, unresolved } = dependency.imports
  const followed = internal + external + standard
  const share = followed + unresolved === 0 ? 100 : Math.floor((followed / (followed + unresolved)) * 100)
  const packages = [...new Set(dependency.packages.entries.map(({ name }) => name))]
  const commands = Object.entries(build.commands).map(([name, command]) => `${name}: ${command}`)
  return [
    ['build', [build.main_system ?? 'unknown', ...build.systems.map(({ name }) => name)].filter(once).join(', ')],
    ['commands', commands.join('  ·  ')],
    ['modules', build.modules.entries.length > 1 ? some(build.modules, ({ name }) => name, 6) : ''],
    ['symbols', `${counted(symbol.symbols, 'declaration')}; most used: ${some(symbol.top, ({ name }) => name, 6)}`],
    ['imports', `${share} % followed; most imported: ${some(dependency.most_imported, ({ path }) => path, 3)}`],
    ['packages', some({ entries: packages, more: dependency.packages.more }, (name) => name, 6)],
    [
      'tests',
      test.tests === 0
        ? 'none found'
        : `${test.reached_sources} of ${counted(test.sources, 'source')} reached by ${counted(test.tests, 'test file')}`,
    ],
    ['run one by', test.files.entries.find(({ command }) => command !== null)?.command ?? ''],
    ['starts at', some(runtime.entry_points, ({ path }) => path, 4)],
    ['deployed by', some(runtime.deployment_units, ({ kind, name }) => `${kind} ${name}`, 4)],
    ['pipelines', some(runtime.pipelines, ({ name }) => name, 4)],
    ['environment', some(runtime.environment, ({ name }) => name, 6)],
  ]
}

function peopleRows({ file, ownership, risk, convention }: RepositoryMaps): readonly Row[] {
  const high = risk.areas.filter(({ level }) => level === 'high').map(({ domain }) => domain.replaceAll('_', ' '))
  const owned = ownership.owned_files + ownership.unowned_files
  const { commits } = convention
  const indents = convention.indentation
    .slice(0, 2)
    .map(({ language, style, width }) => `${language} by ${style === 'tabs' ? 'tabs' : `${width} spaces`}`)
  return [
    [
      'owners',
      ownership.codeowners === null
        ? 'no CODEOWNERS'
        : ownership.codeowners_read
          ? `${some(ownership.owners, ({ name }) => name, 4)}; ${ownership.owned_files} of ${counted(owned, 'file')} owned`
          : `${ownership.codeowners} is no text, or of 3 MB and more, which GitHub does not read`,
    ],
    ['known by', knownBy(ownership, file)],
    ['care with', high.join(', ')],
    ['conventions', [...convention.tools.map(({ name }) => name), ...indents].join(', ')],
    [
      'commits',
      commits === null
        ? ''
        : `${percent(commits.conventional)} conventional, ${percent(commits.scoped)} with a scope alone, subjects of ${commits.median_subject_length} letters`,
    ],
  ]
}

/** How many people carry most of what is known of the busiest sources, and whether the history tells at all. */
function knownBy({ history }: RepositoryMaps['ownership'], { folders }: RepositoryMaps['file']): string {
  if (history.shallow)
    return `unknown: the clone is shallow, ${counted(history.commits, 'commit')} of its history are here`
  const of_sources = new Set(folders.entries.filter(({ kind }) => kind === 'source').map(({ path }) => path))
  const folder = history.folders.entries.find(({ path }) => of_sources.has(path)) ?? history.folders.entries[0]
  if (folder === undefined) return ''
  let [share, people] = [0, 0]
  for (const each of folder.authors.entries.filter(({ active }) => active)) {
    if (share >= 0.5) break
    share += each.share
    people += 1
  }
  const where = folder.path === '.' ? 'the files at the root' : folder.path
  return share >= 0.5
    ? `half of ${where} by ${people === 1 ? 'one person' : `${people} people`} still active`
    : `more than ${people} people share ${where}`
}

const once = (name: string, at: number, all: readonly string[]): boolean => all.indexOf(name) === at

function some<Entry>({ entries, more }: Bounded<Entry>, word: (entry: Entry) => string, most: number): string {
  const left = entries.length + more - most
  const words = entries.slice(0, most).map(word).join(', ')
  return left > 0 ? `${words} and ${left} more` : words
}

/** One map, list by list. */
export function mapPage(maps: RepositoryMaps, name: MapName, look: MapLook): readonly string[] {
  const { paint, width } = look
  const head = `${paint.strong(`${name} map`)}  ${plainLine(maps.repository)}  ${paint.dim(maps.commit.slice(0, 12))}`
  const lists = listsOf(maps)[name].filter(({ rows }) => rows.length > 0)
  const pages = lists.flatMap(({ title, rows, more }) => [
    '',
    paint.strong(more > 0 ? `${title}, ${more} more` : title),
    ...table(
      rows.map((row) => row.map((cell) => plainLine(cell))),
      { width, indent: '  ' },
    ),
  ])
  return lists.length === 0 ? [head, '', 'It is empty.'] : [head, ...pages]
}

interface List {
  readonly title: string
  readonly rows: readonly (readonly string[])[]
  readonly more: number
}

function list<Entry>(
  title: string,
  all: Bounded<Entry> | readonly Entry[],
  row: (entry: Entry) => readonly (string | number)[],
): List {
  const { entries, more } = 'more' in all ? all : { entries: all, more: 0 }
  return {
    title,
    rows: entries.slice(0, SHOWN).map((entry) => row(entry).map(String)),
    more: more + Math.max(0, entries.length - SHOWN),
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

/** What each map shows to people. */
function listsOf(maps: RepositoryMaps): Readonly<Record<MapName, readonly List[]>> {
  return { ...listsOfCode(maps), ...listsOfPeople(maps) }
}

function listsOfCode({ file, build, symbol, dependency, test }: RepositoryMaps) {
  return {
    file: [
      list(
        'Kinds',
        Object.entries(file.kinds).filter(([, files]) => files > 0),
        ([kind, files]) => [kind, files],
      ),
      list('Folders', file.folders, ({ path, files, language, kind }) => [path, files, language ?? '', kind]),
      list('Generated', file.generated, (path) => [path]),
      list('Vendored', file.vendored, (path) => [path]),
    ],
    build: [
      list('Commands', Object.entries(build.commands), ([name, command]) => [name, command]),
      list('Modules', build.modules, ({ name, path, system, test_command }) => [
        name,
        path,
        system,
        test_command ?? '',
      ]),
    ],
    symbol: [
      list('Kinds', Object.entries(symbol.kinds), ([kind, number]) => [kind, number]),
      list('Used by most files', symbol.top, ({ name, kind, named_in, path }) => [name, kind, named_in, path]),
      list('Made from others', symbol.relations, ({ from, kind, to, path, line }) => [
        from,
        kind,
        to,
        `${path}:${line}`,
      ]),
    ],
    dependency: [
      list('Most imported', dependency.most_imported, ({ path, imported_by }) => [path, imported_by]),
      list('Between folders', dependency.folders, ({ from, to, imports }) => [from, to, imports]),
      list('Packages', dependency.packages, ({ name, range, kind, manifest }) => [name, range, kind, manifest]),
      list('Not found', dependency.unresolved, ({ path, names }) => [path, names]),
    ],
    test: [
      list('Tests, with how many sources each reaches', test.files, ({ path, command, reaches }) => [
        path,
        reaches.entries.length + reaches.more,
        command ?? '',
      ]),
      list('Reached by no test', test.unreached, (path) => [path]),
    ],
  }
}

function listsOfPeople({ ownership, runtime, risk, convention }: RepositoryMaps) {
  return {
    ownership: [
      list('Owners', ownership.owners, ({ name, files }) => [name, files]),
      list('Rules', ownership.rules, ({ pattern, section, owners }) => [pattern, section ?? '', owners.join(' ')]),
      list('Changed most', ownership.history.most_changed, ({ path, changes, authors }) => [
        path,
        changes,
        authors.entries
          .map(({ id, share, active }) => `${id} ${percent(share)}${active ? '' : ' (left)'}`)
          .slice(0, 2)
          .join(', '),
      ]),
    ],
    runtime: [
      list('Entry points', runtime.entry_points, ({ path, kind, name }) => [path, kind, name]),
      list('Deployment units', runtime.deployment_units, ({ path, kind, name }) => [path, kind, name]),
      list('Pipelines', runtime.pipelines, ({ path, kind, name }) => [path, kind, name]),
      list('Configuration', runtime.configuration, (path) => [path]),
      list('Environment', runtime.environment, ({ name, files }) => [name, files.entries[0] ?? '']),
    ],
    risk: [
      list('Areas', risk.areas, ({ domain, level, files, reason }) => [
        domain,
        level,
        files.entries.length + files.more,
        reason,
      ]),
    ],
    convention: [
      list('Tools', convention.tools, ({ name, kind, config }) => [name, kind, config]),
      list('Names', convention.naming, ({ language, kind, style, share }) => [language, kind, style, percent(share)]),
      list('Layers', convention.layers, ({ from, to, imports }) => [from, to, imports]),
    ],
  }
}
