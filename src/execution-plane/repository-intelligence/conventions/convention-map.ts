import type { ConventionMap, PastCommit } from '#ports'
import { bounded, count, mostFirst } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { twoDeep } from '../ground/path-parts.ts'
import { folderEdges } from '../imports/dependency-map.ts'
import type { Imports } from '../imports/follow-imports.ts'
import { indentationOf } from './indentation.ts'
import { namingOf } from './naming-styles.ts'
import { CONVENTION_TOOLS } from './tools-table.ts'

const MOST_LAYERS = 60
const MOST_COMMITS = 500

/** How people of this repository write, as configured and as measured. */
export async function conventionMapOf(ground: Ground, imports: Imports): Promise<ConventionMap> {
  return {
    version: 1,
    commit: ground.commit,
    tools: await toolsOf(ground),
    indentation: await indentationOf(ground),
    naming: await namingOf(ground),
    layers: bounded(layersOf(ground, imports), MOST_LAYERS),
    commits: commitStyle(ground.past),
  }
}

async function toolsOf(ground: Ground): Promise<ConventionMap['tools']> {
  const own = ground.files.filter(({ kind }) => kind !== 'vendored' && kind !== 'test').map(({ path }) => path)
  const shallow = own.toSorted((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1))
  const found = new Map<string, ConventionMap['tools'][number]>()
  for (const { name, kind, paths, holds } of CONVENTION_TOOLS) {
    if (found.has(name)) continue
    const config = shallow.find((path) => paths.test(path))
    if (config === undefined || (holds !== undefined && !holds.test((await ground.text(config)) ?? ''))) continue
    found.set(name, { name, kind, config })
  }
  return [...found.values()]
}

/** Folders that use others and are not used by them: an arrow both ways is no layer. */
function layersOf(ground: Ground, imports: Imports): ConventionMap['layers']['entries'] {
  const sources = new Set(ground.code.filter(({ kind }) => kind === 'source').map(({ path }) => path))
  const of = new Map(
    [...imports.of].flatMap(([path, to]) =>
      sources.has(path) ? [[path, to.filter((each) => sources.has(each))]] : [],
    ),
  )
  const edges = folderEdges({ ...imports, of }, layerOf)
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

const CONVENTIONAL = /^(build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(\([^)\n]{1,60}\))?!?: \S/

function commitStyle(past: readonly PastCommit[]): ConventionMap['commits'] {
  const subjects = past.slice(0, MOST_COMMITS).map(({ message }) => message.split('\n'))
  if (subjects.length === 0) return null
  const types = new Map<string, number>()
  for (const [subject = ''] of subjects) {
    const type = CONVENTIONAL.exec(subject)?.[1]
    if (type !== undefined) count(types, type)
  }
  const lengths = subjects.map(([subject = '']) => subject.length).sort((a, b) => a - b)
  const conventional = [...types.values()].reduce((sum, each) => sum + each, 0)
  const with_body = subjects.filter((lines) => lines.slice(1).some((line) => line.trim() !== '')).length
  return {
    counted: subjects.length,
    conventional: share(conventional, subjects.length),
    types: mostFirst(types)
      .slice(0, 10)
      .map(([type]) => type),
    median_subject_length: lengths[Math.floor(lengths.length / 2)] ?? 0,
    with_body: share(with_body, subjects.length),
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 100) / 100)
