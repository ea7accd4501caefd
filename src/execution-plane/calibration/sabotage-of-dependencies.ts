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

/** Packages that nobody can vouch for, told by the change alone; what only a registry knows is not tried. */
export const DEPENDENCIES: readonly Sabotage[] = [
  sets('a package from a git address', 'dependencies', { 'left-pad': 'git+https://git.example.org/left-pad.git' }),
  sets('a package from an archive', 'dependencies', { 'left-pad': 'https://packages.example.org/left-pad.tgz' }),
  sets('a package from a folder outside', 'dependencies', { 'left-pad': 'file:../../left-pad' }),
  sets('any version of a package', 'dependencies', { 'left-pad': '*' }),
]
