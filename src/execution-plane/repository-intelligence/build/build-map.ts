import type { BuildMap, BuildModule } from '#ports'
import { BUILD_SYSTEMS, type BuildSystem } from '../build-systems.ts'
import { bounded, count, mostFirst } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { nameOf } from '../ground/path-parts.ts'
import type { BuildGround } from './build-ground.ts'
import { systemOf } from './modules.ts'

const MOST_MODULES = 300
const MOST_LOCKFILES = 50
const LOCKFILE =
  /^(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock|Pipfile\.lock|go\.sum|Cargo\.lock|Gemfile\.lock|composer\.lock|packages\.lock\.json|gradle\.lockfile)$/
/** Names of tasks that say what they do, by what that is. */
const TELLING: readonly (readonly [string, RegExp])[] = [
  ['build', /^(build|compile)$/],
  ['lint', /^(lint|lint:check|check:lint|eslint|clippy)$/],
  ['format', /^(format|fmt|format:check|prettier)$/],
  ['types', /^(types|typecheck|type-check|check:types|tsc|mypy|typing)$/],
  ['unit', /^(unit|test:unit|test-unit|unittest)$/],
]

/** How the repository is built, from what its manifests say. */
export async function buildMapOf(
  ground: Ground,
  modules: readonly BuildModule[],
  build: BuildGround,
): Promise<BuildMap> {
  const manifests: string[] = []
  const lockfiles: string[] = []
  const counts = new Map<BuildSystem, number>()
  await inTurns(ground.files, ({ path, kind }) => {
    if (kind === 'vendored') return
    const system = systemOf(path)
    if (system !== undefined) {
      manifests.push(path)
      count(counts, system)
    }
    if (LOCKFILE.test(nameOf(path)) && lockfiles.length < MOST_LOCKFILES) lockfiles.push(path)
  })
  const root = manifests.filter((path) => !path.includes('/'))
  const shown = (system: BuildSystem): string => (system === 'npm' ? build.node : system)
  return {
    version: 1,
    commit: ground.commit,
    main_system: mainSystem(root.length > 0 ? root : manifests, shown),
    systems: mostFirst(counts).map(([name, number]) => ({ name: shown(name), manifests: number })),
    root_manifests: root,
    lockfiles,
    modules: bounded(modules, MOST_MODULES),
    commands: commandsOf(modules),
  }
}

function mainSystem(manifests: readonly string[], shown: (system: BuildSystem) => string): string | null {
  const numbers = new Map<BuildSystem, number>()
  for (const path of manifests) {
    const system = systemOf(path)
    if (system !== undefined) count(numbers, system)
  }
  const number = (system: BuildSystem) => numbers.get(system) ?? 0
  const order = BUILD_SYSTEMS.map(({ name }) => name)
  const best = order.toSorted((a, b) => number(b) - number(a)).find((system) => number(system) > 0)
  return best === undefined ? null : shown(best)
}

function commandsOf(modules: readonly BuildModule[]): BuildMap['commands'] {
  const root = modules.find(({ path }) => path === '.')
  const tasks = root?.tasks.entries ?? []
  const told = TELLING.flatMap(([what, names]) => {
    const task = tasks.find(({ name }) => names.test(name))
    return task === undefined ? [] : [[what, task.command] as const]
  })
  const by_task = tasks.find(({ name }) => /^(test|tests|check)$/.test(name))?.command
  const full = root?.test_command ?? by_task ?? modules.find(({ test_command }) => test_command !== null)?.test_command
  return { ...Object.fromEntries(told), ...(full === undefined || full === null ? {} : { full }) }
}
