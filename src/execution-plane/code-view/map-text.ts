import type { RepositoryMaps, TreeEntry } from '#ports'

const MOST_MODULES = 40
const MOST_NAMED = 10

const line = (name: string, entries: readonly string[]): readonly string[] =>
  entries.length === 0 ? [] : [`${name}: ${entries.join(', ')}`]

/** Two digits say how large something is, and the next commit seldom changes them. */
const about = (count: number): string => {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1)
  return String(Math.round(count / step) * step)
}

/**
 * The nine maps as a model reads them: on one page, the same for every task on the commit, and with numbers so coarse
 * that most commits leave it as it is, so that runs on them share their prefix.
 */
export function mapText(maps: RepositoryMaps): string {
  const { file, build, runtime, risk, convention, ownership } = maps
  const commands = Object.entries(build.commands).map(([name, command]) => `${name} \`${command}\``)
  const modules = build.modules.entries.slice(0, MOST_MODULES).map(({ path, sources, tests, config }) => {
    const parts = [...line('sources', sources), ...line('tests', tests), ...line('config', config)].join('; ')
    return `- ${path}${parts === '' ? '' : ` (${parts})`}`
  })
  return [
    `about ${about(file.files)} files; build system ${build.main_system ?? 'unknown'}`,
    ...line(
      'languages',
      file.languages.slice(0, 8).map(({ name, files }) => `${name} ${about(files)}`),
    ),
    ...line('root manifests', build.root_manifests),
    ...line('commands', commands),
    ...line('entry points', [...new Set(runtime.entry_points.entries.map(({ path }) => path))].slice(0, MOST_NAMED)),
    ...line('beware', risk.areas.map(careIn).slice(0, MOST_NAMED)),
    ...line(
      'owners',
      ownership.owners.entries.slice(0, MOST_NAMED).map(({ name, files }) => `${name} ${about(files)} files`),
    ),
    ...line('written by', convention.tools.map(({ name }) => name).slice(0, MOST_NAMED)),
    ...line(
      'folders',
      file.folders.entries.slice(0, 2 * MOST_NAMED).map(({ path, files }) => `${path} ${about(files)}`),
    ),
    ...(modules.length === 0 ? [] : ['modules:', ...modules]),
  ].join('\n')
}

const careIn = ({ domain, files }: RepositoryMaps['risk']['areas'][number]): string => {
  const count = files.entries.length + files.more
  return `${domain.replaceAll('_', ' ')} in ${files.entries[0] ?? ''}${count > 1 ? ` and about ${about(count - 1)} more` : ''}`
}

/** What the names alone tell, where nothing else could be read. */
export function mapOfNames(list: readonly TreeEntry[]): string {
  const counts = new Map<string, number>()
  for (const { path } of list) {
    const cut = path.indexOf('/')
    if (cut > 0) counts.set(path.slice(0, cut), (counts.get(path.slice(0, cut)) ?? 0) + 1)
  }
  const folders = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_MODULES)
  const root = list.flatMap(({ path }) => (path.includes('/') ? [] : [path])).slice(0, MOST_MODULES)
  return [
    `${list.length} files; only their names are known`,
    ...line('at the root', root),
    ...line(
      'folders',
      folders.map(([path, files]) => `${path} ${files}`),
    ),
  ].join('\n')
}
