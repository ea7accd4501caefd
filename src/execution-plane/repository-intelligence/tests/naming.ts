import type { Ground } from '../ground/ground.ts'
import { push } from '../ground/bounded.ts'
import { folderOf, nameOf } from '../ground/path-parts.ts'

/** Sources by the name a test of them would be called after. */
export class SourceNames {
  readonly #by_name = new Map<string, string[]>()

  constructor(ground: Ground) {
    for (const { path, kind } of ground.code) if (kind === 'source') push(this.#by_name, plainName(nameOf(path)), path)
  }

  /** The sources a test is named after: the nearest by folders, if they are not many. */
  of(test: string): readonly string[] {
    const subject = subjectOf(test)
    if (subject === undefined) return []
    const named = this.#by_name.get(subject) ?? []
    if (named.length <= 1) return named
    const best = Math.max(...named.map((path) => nearness(test, path)))
    const nearest = named.filter((path) => nearness(test, path) === best)
    return nearest.length <= 2 ? nearest : []
  }
}

const plainName = (name: string): string =>
  name
    .replace(/\.d\.ts$/, '')
    .replace(/\.[^.]+$/, '')
    .toLowerCase()
    .replaceAll(/[_-]/g, '')

/** What a test's name says it tests, as a plain name; undefined where it says nothing. */
function subjectOf(path: string): string | undefined {
  const stem = nameOf(path).replace(/\.[^.]+$/, '')
  const named =
    /^(.+?)[._-](?:test|spec|tests|specs|e2e|it)$/i.exec(stem)?.[1] ??
    /^tests?_(.+)$/i.exec(stem)?.[1] ??
    /^(.+?)(?:Tests?|IT|Spec)$/.exec(stem)?.[1] ??
    (/(^|\/)(__tests__|tests?|specs?)\//.test(path) ? stem : undefined)
  const plain =
    named === undefined ||
    /^(index|main|mod|conftest|__init__|setup|helpers?|utils?|common|macros|support|types|fixtures?)$/i.test(named)
      ? undefined
      : plainName(named)
  return plain === '' ? undefined : plain
}

/** Folders that both have, wherever they stand, and more for those in the same place. */
function nearness(test: string, source: string): number {
  const parts = (path: string) =>
    folderOf(path)
      .split('/')
      .filter((part) => !/^(tests?|specs?|__tests__|src|lib|main|java)$/.test(part))
  const [one, other] = [parts(test), parts(source)]
  return one.filter((part) => other.includes(part)).length * 2 + Number(folderOf(test).startsWith(folderOf(source)))
}
