import type { OwnershipMap, PastCommit } from '#ports'
import { bounded, count, mostFirst, push } from '../ground/bounded.ts'
import type { Ground } from '../ground/ground.ts'
import { inTurns } from '../ground/in-turns.ts'
import { twoDeep } from '../ground/path-parts.ts'

type Told = OwnershipMap['history']
type Author = Told['folders']['entries'][number]['authors']['entries'][number]

const MOST_COMMITS = 2_000
const MOST_FOLDERS = 100
const MOST_AUTHORS = 5
const MOST_CHANGED = 50
/** A commit of more paths is a sweep, and says nothing of who knows them. */
const WIDE_COMMIT = 100
const DAY = 86_400
/** After so many days a change counts half: what somebody knew of a file fades, and the file moves on. */
const HALF_LIFE_DAYS = 180
/** Who changed nothing at all in so many days before the commit is taken to have left. */
const GONE_AFTER_DAYS = 365

/** Who changed what, told from commits alone: bots and sweeps are left out, age counts against a change. */
export class History {
  readonly #commits: number
  readonly #bots: number
  readonly #shallow: boolean
  readonly #changes = new Map<string, PastCommit[]>()
  readonly #folders = new Map<string, PastCommit[]>()
  readonly #last_seen = new Map<string, number>()
  readonly #now: number

  private constructor(people: readonly PastCommit[], looked: number, shallow: boolean) {
    this.#commits = looked
    this.#bots = looked - people.length
    this.#shallow = shallow
    this.#now = people.reduce((latest, { time }) => Math.max(latest, time), 0)
    for (const { author, time } of people)
      if (author !== undefined) this.#last_seen.set(author, Math.max(this.#last_seen.get(author) ?? 0, time))
  }

  static async of(ground: Ground): Promise<History> {
    const { past, shallow } = ground
    const looked = past.slice(0, MOST_COMMITS)
    const people = looked.filter(({ bot }) => bot !== true)
    const made = new History(people, looked.length, shallow)
    await inTurns(people, (commit) => {
      if (commit.paths.length > WIDE_COMMIT || (shallow && commit.parentless === true)) return
      const there = commit.paths.filter((path) => ground.has(path))
      for (const path of there) push(made.#changes, path, commit)
      for (const folder of new Set(there.map(twoDeep))) push(made.#folders, folder, commit)
    })
    return made
  }

  /** Who knows a file, best first: those still there before those who left. */
  knowersOf(path: string): readonly Author[] {
    return this.#authors(this.#changes.get(path) ?? [])
  }

  told(): Told {
    const folders = mostFirst(lengths(this.#folders)).slice(0, MOST_FOLDERS)
    const changed = mostFirst(lengths(this.#changes)).slice(0, MOST_CHANGED)
    const authorsOf = (commits: readonly PastCommit[] = []) => bounded(this.#authors(commits), MOST_AUTHORS)
    return {
      commits: this.#commits,
      of_bots: this.#bots,
      shallow: this.#shallow,
      folders: {
        entries: folders.map(([path, changes]) => ({ path, changes, authors: authorsOf(this.#folders.get(path)) })),
        more: this.#folders.size - folders.length,
      },
      most_changed: {
        entries: changed.map(([path, changes]) => ({ path, changes, authors: authorsOf(this.#changes.get(path)) })),
        more: this.#changes.size - changed.length,
      },
    }
  }

  #authors(commits: readonly PastCommit[]): readonly Author[] {
    const changes = new Map<string, number>()
    const weights = new Map<string, number>()
    for (const { author, time } of commits) {
      if (author === undefined) continue
      count(changes, author)
      count(weights, author, 0.5 ** ((this.#now - time) / (HALF_LIFE_DAYS * DAY)))
    }
    const whole = [...weights.values()].reduce((sum, each) => sum + each, 0)
    return mostFirst(weights)
      .map(([id, weight]) => ({
        id,
        changes: changes.get(id) ?? 0,
        share: whole === 0 ? 0 : Math.round((weight / whole) * 100) / 100,
        active: this.#now - (this.#last_seen.get(id) ?? 0) <= GONE_AFTER_DAYS * DAY,
      }))
      .toSorted((a, b) => Number(b.active) - Number(a.active))
  }
}

const lengths = (lists: ReadonlyMap<string, readonly unknown[]>): ReadonlyMap<string, number> =>
  new Map([...lists].map(([key, list]) => [key, list.length]))
