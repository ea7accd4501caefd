import { isAside } from '../ground/aside.ts'
import type { Ground } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { folderOf, nameOf, upwards } from '../ground/path-parts.ts'

/** So many files of one name are weighed by their folders; of more, those below the nearest folder that holds any. */
const MOST_WEIGHED = 40

/** Sources by the name a test of them would be called after. */
export class SourceNames {
  readonly #by_name = new Map<string, string[]>()
  /** Of names that many files have: those files by every folder above them. */
  readonly #below = new Map<string, ReadonlyMap<string, readonly string[]>>()

  constructor(ground: Ground) {
    for (const { path, kind } of ground.code) if (kind === 'source') push(this.#by_name, plainName(nameOf(path)), path)
  }

  /** The sources a test is named after: the nearest by folders, if they are not many. */
  of(test: string): readonly string[] {
    for (const subject of subjectsOf(test)) {
      const found = this.#named(subject, test)
      if (found.length > 0) return found
    }
    return []
  }

  #named(subject: string, test: string): readonly string[] {
    const all = this.#by_name.get(subject) ?? []
    const near = all.length <= MOST_WEIGHED ? all : this.#near(test, subject, all)
    const named = near.filter((path) => !isAside(path) || isAside(test))
    if (named.length <= 1) return named
    const weighed = named.map((path) => ({ path, nearness: nearness(test, path) }))
    const best = Math.max(...weighed.map((each) => each.nearness))
    const nearest = weighed.filter((each) => each.nearness === best).map(({ path }) => path)
    return nearest.length <= 2 ? nearest : []
  }

  #near(test: string, subject: string, all: readonly string[]): readonly string[] {
    const below = this.#below.get(subject) ?? byFolderAbove(all)
    this.#below.set(subject, below)
    const nearest = upwards(folderOf(test)).flatMap((folder) => (below.has(folder) ? [below.get(folder) ?? []] : []))[0]
    return nearest === undefined || nearest.length > MOST_WEIGHED ? [] : nearest
  }
}

function byFolderAbove(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, string[]>()
  for (const path of paths) for (const folder of upwards(folderOf(path))) push(below, folder, path)
  return below
}

const plainName = (name: string): string =>
  name
    .replace(/\.d\.ts$/, '')
    .replace(/\.[^.]+$/, '')
    .toLowerCase()
    .replaceAll(/[_-]/g, '')

/** What the name of a test says it tests, and the folder it stands in below a folder of tests, as plain names. */
function subjectsOf(path: string): readonly string[] {
  const folder = /(?:^|\/)(?:__tests__|tests?|specs?)\/(?:[^/]+\/)*?([^/]+)\/[^/]+$/.exec(path)?.[1]
  const by_name = subjectOf(path)
  const by_folder = folder === undefined || GENERAL.test(folder) ? undefined : plainName(folder)
  return [by_name, by_folder].filter((subject) => subject !== undefined)
}

const GENERAL =
  /^(index|main|mod|conftest|__init__|setup|helpers?|utils?|common|macros|support|types|fixtures?|unit|integration|e2e|functional|acceptance)$/i

function subjectOf(path: string): string | undefined {
  const stem = nameOf(path).replace(/\.[^.]+$/, '')
  const named =
    /^(.+?)[._-](?:test|spec|tests|specs|e2e|it)$/i.exec(stem)?.[1] ??
    /^tests?_(.+)$/i.exec(stem)?.[1] ??
    /^(.+?)(?:Tests?|IT|Spec)$/.exec(stem)?.[1] ??
    /^spec_(.+)$/.exec(stem)?.[1] ??
    (/(^|\/)(__tests__|tests?|specs?)\//.test(path) ? stem : undefined)
  const plain = named === undefined || GENERAL.test(named) ? undefined : plainName(named)
  return plain === '' ? undefined : plain
}

const NO_PLACE: ReadonlySet<string> = new Set([
  'test',
  'tests',
  'spec',
  'specs',
  '__tests__',
  'src',
  'lib',
  'main',
  'java',
])

/** Folders that both have, wherever they stand, and more for those in the same place. */
function nearness(test: string, source: string): number {
  const [one, other] = [folderOf(test), folderOf(source)]
  const parts = new Set(other.split('/'))
  const both = one.split('/').filter((part) => !NO_PLACE.has(part) && parts.has(part)).length
  return both * 2 + Number(one.startsWith(other))
}
