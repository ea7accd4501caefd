import type { ConventionMap } from '#ports'
import { bounded } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { nameOf, twoDeep } from '../ground/path-parts.ts'
import { folderEdges } from '../imports/dependency-map.ts'
import type { Imports } from '../imports/follow-imports.ts'
import { commitStyle } from './commit-style.ts'
import { indentationOf } from './indentation.ts'
import { namingOf } from './naming-styles.ts'
import { CONVENTION_TOOLS } from './tools-table.ts'

const MOST_LAYERS = 60

/** How people of this repository write, as configured and as measured. */
export async function conventionMapOf(ground: Ground, imports: Imports): Promise<ConventionMap> {
  return {
    version: 1,
    commit: ground.commit,
    tools: await toolsOf(ground),
    indentation: await indentationOf(ground),
    naming: await namingOf(ground),
    layers: bounded(await layersOf(ground, imports), MOST_LAYERS),
    commits: commitStyle(ground.past),
  }
}

/** Files that say so are looked into, this many of one tool. */
const MOST_ASKED = 12
/** What a configuration is called at least: most paths are none, and this tells so at once. */
const MAY_CONFIGURE =
  /^\.|\.config\.|^(tsconfig|package\.json|biome|dprint|pyproject|ruff|mypy|pyrightconfig|pylintrc|setup\.cfg|tox\.ini|go\.mod|rustfmt|clippy|checkstyle|build\.gradle|pom\.xml|detekt|phpcs|phpstan|lefthook)/

async function toolsOf(ground: Ground): Promise<ConventionMap['tools']> {
  const places = CONVENTION_TOOLS.map((): { readonly path: string; readonly depth: number }[] => [])
  await inTurns(ground.files, ({ path, kind }) => {
    if (kind === 'vendored' || kind === 'test' || (!MAY_CONFIGURE.test(nameOf(path)) && !path.includes('.husky/')))
      return
    for (const [at, { paths }] of CONVENTION_TOOLS.entries())
      if (paths.test(path)) places[at]?.push({ path, depth: path.split('/').length })
  })
  const found = new Map<string, ConventionMap['tools'][number]>()
  for (const [at, { name, kind, holds }] of CONVENTION_TOOLS.entries()) {
    if (found.has(name)) continue
    const shallow = (places[at] ?? []).toSorted((a, b) => a.depth - b.depth || (a.path < b.path ? -1 : 1))
    for (const { path } of holds === undefined ? shallow.slice(0, 1) : shallow.slice(0, MOST_ASKED))
      if (!found.has(name) && (holds === undefined || holds.test((await ground.text(path)) ?? '')))
        found.set(name, { name, kind, config: path })
  }
  return [...found.values()]
}

/** Folders that use others and are not used by them: an arrow both ways is no layer. */
async function layersOf(ground: Ground, imports: Imports): Promise<ConventionMap['layers']['entries']> {
  const sources = new Set(ground.code.filter(({ kind }) => kind === 'source').map(({ path }) => path))
  const of = new Map<string, readonly string[]>()
  await inTurns(imports.of, ([path, to]) => {
    if (!sources.has(path)) return
    const own = to.filter((each) => sources.has(each))
    of.set(path, own)
  })
  const edges = await folderEdges({ ...imports, of }, layerOf)
  const there = new Set(edges.map(({ from, to }) => `${from}\0${to}`))
  return edges.filter(({ from, to }) => !there.has(`${to}\0${from}`))
}

/** The folder that counts as a layer: the first two below the root, or below a folder that holds all sources. */
function layerOf(path: string): string {
  const root = /^(?:.*?\/)?(?:src\/(?:main|test)\/(?:java|kotlin)|src|lib|app|pkg|internal)(?=\/)/.exec(path)?.[0] ?? ''
  const inside = root === '' ? path : path.slice(root.length + 1)
  const layer = twoDeep(inside)
  return root === '' ? layer : layer === '.' ? root : `${root}/${layer}`
}
