import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { Change } from '#domain/change'
import type {
  CapturedTree,
  CommitRequest,
  PinnedSource,
  RunRepository,
  SandboxCapture,
  TreeEdit,
  TreeEntry,
} from '#ports'
import { TreeCapture } from './capture/capture-tree.ts'
import { applyPatch } from './checkout/apply-patch.ts'
import { TreeApplication, type Target } from './checkout/apply-tree.ts'
import { composeTree } from './checkout/compose-tree.ts'
import { compareTrees } from './checkout/compare-trees.ts'
import type { CheckoutLimits } from './checkout/fit-for-checkout.ts'
import { listTree, type ListedEntry } from './checkout/list-tree.ts'
import { materialiseTree } from './checkout/materialise-tree.ts'
import { commitObject } from './objects/commit-object.ts'
import { ObjectStore } from './objects/object-store.ts'
import { nameBytes, shownName } from './objects/path-name.ts'
import { parseAddress, type Credentials } from './transport/address.ts'
import { pushBranch, type Push } from './transport/push-branch.ts'
import { pushWithHistory } from './push-with-history.ts'

/** What a run's repository is opened with. */
export interface RunRepositoryParts {
  readonly source: PinnedSource
  readonly run_folder: string
  readonly git_dir: string
  readonly checkout: string
  readonly trees: string
  readonly limits: CheckoutLimits
  readonly credentials: ReadonlyMap<string, Credentials>
}

const LISTINGS_KEPT = 8
const CHANGES_KEPT = 16

/** One run's own repository; see the port for the contract. */
export class OwnRepository implements RunRepository {
  readonly source: PinnedSource
  readonly checkout: string
  readonly #parts: RunRepositoryParts
  readonly #store: ObjectStore
  readonly #capture: TreeCapture
  readonly #listings = new Map<string, Promise<readonly ListedEntry[]>>()
  readonly #changes = new Map<string, Promise<Change>>()

  constructor(parts: RunRepositoryParts) {
    this.source = parts.source
    this.checkout = parts.checkout
    this.#parts = parts
    this.#store = new ObjectStore(parts.git_dir, parts.source.commit.length)
    this.#capture = new TreeCapture(this.#store, parts.source.tree)
  }

  checkoutTree(tree: string): Promise<string> {
    requireId(tree)
    const origin = { git_dir: this.#parts.git_dir, shown: this.source.repository }
    return materialiseTree(this.#parts.trees, origin, tree, this.#parts.limits)
  }

  captureTree(over: string, capture: SandboxCapture): Promise<CapturedTree> {
    requireId(over)
    return this.#capture.capture(over, capture)
  }

  applyTree(from: string, to: string, into: Target): Promise<void> {
    requireId(from)
    requireId(to)
    return new TreeApplication(this.#store, into).apply(from, to)
  }

  composeTree(over: string, edits: readonly TreeEdit[]): Promise<string> {
    requireId(over)
    return composeTree(this.#store, over, edits)
  }

  applyPatch(over: string, patch: Uint8Array): Promise<string | undefined> {
    requireId(over)
    return applyPatch(this.#parts.git_dir, over, patch)
  }

  diff(from: string, to: string): Promise<Change> {
    requireId(from)
    requireId(to)
    return remembered(this.#changes, `${from} ${to}`, CHANGES_KEPT, () => compareTrees(this.#parts.git_dir, from, to))
  }

  async readFile(tree: string, path: string): Promise<Uint8Array | undefined> {
    requireId(tree)
    const entry = await this.#store.entryAt(tree, nameBytes(path).split('/'))
    return entry?.mode.startsWith('100') === true ? this.#store.blob(entry.id) : undefined
  }

  async readBlob(blob: string): Promise<Uint8Array | undefined> {
    requireId(blob)
    return this.#store.blob(blob)
  }

  async listFiles(tree: string): Promise<readonly TreeEntry[]> {
    requireId(tree)
    const list = await remembered(this.#listings, tree, LISTINGS_KEPT, () => listTree(this.#parts.git_dir, tree))
    return list.map(({ path, mode, id, bytes }) => ({ path: shownName(path), mode, blob: id, bytes }))
  }

  async commit(request: CommitRequest): Promise<string> {
    for (const [id, type] of [[request.tree, 'tree'] as const, [request.parent, 'commit'] as const])
      if ((await this.#store.typeOf(id)) !== type)
        throw new GanderError('internal', `${id} is no ${type} of this run's repository`)
    return this.#store.write('commit', commitObject(request))
  }

  async push(commit: string, branch: string, remote: string): Promise<'pushed' | 'already_there'> {
    requireId(commit)
    const address = parseAddress(remote)
    const embedded = address.kind === 'remote' ? address.credentials : null
    const push: Push = {
      git_dir: this.#parts.git_dir,
      address,
      credentials: embedded ?? this.#parts.credentials.get(address.url) ?? null,
      commit,
      branch,
      protected: [this.source.base_branch],
      mayReplace: (held) => this.#isOwnOrParent(held, commit),
    }
    const outcome = await pushBranch(push)
    if (outcome !== 'shallow_refused') return outcome
    const scratch = join(this.#parts.run_folder, `push-${randomBytes(4).toString('hex')}`)
    const { repository, commit: pinned } = this.source
    const credentials = this.#parts.credentials.get(repository) ?? null
    return pushWithHistory(push, { repository, commit: pinned, scratch, credentials })
  }

  async remove(): Promise<void> {
    this.#store.close()
    await rm(this.#parts.run_folder, { recursive: true, force: true })
  }

  /** A commit that lies here was made by this run, except the pinned one, which may only be moved forward from. */
  async #isOwnOrParent(held: string, commit: string): Promise<boolean> {
    if ((await this.#store.typeOf(held)) !== 'commit') return false
    return held !== this.source.commit || (await this.#parentOf(commit)) === held
  }

  async #parentOf(commit: string): Promise<string | undefined> {
    const text = (await this.#store.content(commit))?.toString('utf8') ?? ''
    return /^parent ([0-9a-f]+)$/m.exec(text.slice(0, text.indexOf('\n\n')))?.[1]
  }
}

function requireId(id: string): void {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(id))
    throw new GanderError('internal', `${JSON.stringify(id)} is no object id`)
}

function remembered<Value>(
  answers: Map<string, Promise<Value>>,
  key: string,
  most: number,
  ask: () => Promise<Value>,
): Promise<Value> {
  const known = answers.get(key)
  if (known !== undefined) return known
  const [oldest] = answers.keys()
  if (answers.size >= most && oldest !== undefined) answers.delete(oldest)
  const answer = ask()
  answers.set(key, answer)
  answer.catch(() => answers.delete(key))
  return answer
}
