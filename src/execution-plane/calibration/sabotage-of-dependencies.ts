import type { Sabotage } from './sabotage.ts'

/** A member of package.json is set; undefined where there is none that is an object. */
const sets = (name: string, member: string, value: Readonly<Record<string, string>>): Sabotage => ({
  name,
  gate: 'dependencies',
  apply: (sources) => {
    const text = sources.get('package.json')
    if (text === undefined) return undefined
    const manifest: unknown = JSON.parse(text)
    if (typeof manifest !== 'object' || manifest === null) return undefined
    const known: unknown = Object.entries(manifest).find(([key]) => key === member)?.[1]
    const merged = { ...(typeof known === 'object' ? known : {}), ...value }
    return [{ path: 'package.json', content: `${JSON.stringify({ ...manifest, [member]: merged }, null, 2)}\n` }]
  },
})

/** Where a package may come from, or in which version, without anybody vouching for it. */
const SOURCES: readonly (readonly [string, string])[] = [
  ['a package from a git address', 'git+https://git.example.org/left-pad.git'],
  ['a package from git over ssh', 'git+ssh://git@git.example.org/left-pad.git'],
  ['a package from a repository by its short name', 'github:acme/left-pad'],
  ['a package from an archive', 'https://packages.example.org/left-pad.tgz'],
  ['a package from an archive over an open line', 'http://packages.example.org/left-pad.tgz'],
  ['a package from a folder outside', 'file:../../left-pad'],
  ['a package from anywhere on the machine', 'file:/opt/left-pad'],
  ['any version of a package', '*'],
  ['any version of a package, without a word', ''],
  ['whichever version is latest', 'latest'],
]

/** Packages that nobody can vouch for, told by the change alone; what only a registry knows is not tried. */
export const DEPENDENCIES: readonly Sabotage[] = ['dependencies', 'devDependencies'].flatMap((member) =>
  SOURCES.map(([name, wanted]) => sets(`${name}, in ${member}`, member, { 'left-pad': wanted })),
)
