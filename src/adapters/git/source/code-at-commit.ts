import { createHash } from 'node:crypto'
import { GanderError } from '#domain/failure'
import type { CodeAtCommit, OpenCode, PastCommit } from '#ports'
import { listTree } from '../checkout/list-tree.ts'
import { ObjectReader } from '../objects/object-reader.ts'
import { shownName } from '../objects/path-name.ts'
import { gitOutput, runGit } from '../transport/run-git.ts'
import { closeNames } from './close-names.ts'
import { findCheckout, resolveRevision, type LocalCheckout } from './local-checkout.ts'

/** A log of ten thousand commits of the largest repositories takes some seconds; one that takes longer is left out. */
const PAST_TIMEOUT_MS = 20_000
const PAST_BYTES = 128 * 1024 ** 2
/** Marks between commits, and between a commit's head and its paths: no message and no path holds them. */
const COMMIT_MARK = '\u0001'
const PATHS_MARK = '\u0002'

/** Opens commits of repositories on this machine, straight from their objects. */
export function createCodeReader(): OpenCode {
  return async (repository, at) => {
    const checkout = await findCheckout(repository, repository)
    const commit = await resolveRevision(checkout, at ?? 'HEAD')
    if (commit === undefined) throw await notFound(checkout, repository, at)
    return openAt(checkout, repository, commit)
  }
}

async function openAt({ git_dir }: LocalCheckout, repository: string, commit: string): Promise<CodeAtCommit> {
  const listed = await listTree(git_dir, `${commit}^{tree}`)
  const reader = new ObjectReader(git_dir)
  return {
    repository,
    commit,
    list: listed.map(({ path, mode, id, bytes }) => ({ path: shownName(path), mode, blob: id, bytes })),
    read: async (blob) => (await reader.read(blob))?.content,
    past: (most) => pastOf(git_dir, commit, most),
    isShallow: () => isShallow(git_dir),
    close: () => reader.close(),
  }
}

/** A history that cannot be read, or not in time, is none: it is a witness, not the question. */
export async function pastOf(git_dir: string, commit: string, most: number): Promise<readonly PastCommit[]> {
  const format = `--format=%x01%ct%x00%P%x00%an%x00%ae%x00%s%n%b%x02`
  const outcome = await runGit({
    args: ['log', '--no-merges', `--max-count=${most}`, '--no-renames', '-z', '--name-only', format, commit, '--'],
    git_dir,
    settings: [
      ['log.showSignature', 'false'],
      ['log.mailmap', 'false'],
      ['i18n.logOutputEncoding', 'UTF-8'],
    ],
    timeout_ms: PAST_TIMEOUT_MS,
    output_bytes: PAST_BYTES,
  })
  return outcome.exit_code === 0 ? outcome.stdout.toString('latin1').split(COMMIT_MARK).flatMap(commitIn) : []
}

function commitIn(entry: string): readonly PastCommit[] {
  const cut = entry.indexOf(PATHS_MARK)
  const [time = '', parents = '', name = '', address = '', ...message] = entry.slice(0, Math.max(0, cut)).split('\0')
  if (cut < 0 || message.length === 0) return []
  const names = entry.slice(cut + 1).split('\0')
  return [
    {
      time: Number(time),
      author: authorId(address),
      ...(isBot(name, address) ? { bot: true } : {}),
      ...(parents === '' ? { parentless: true } : {}),
      message: Buffer.from(message.join('\0'), 'latin1').toString('utf8'),
      paths: names.map((each) => each.replace(/^\n/, '')).flatMap((each) => (each === '' ? [] : [shownName(each)])),
    },
  ]
}

/** Programs that commit say so in their name or address; one that does not is taken for a person. */
const isBot = (name: string, address: string): boolean =>
  /\[bot\]|(^|[\s._-])bot$|^(dependabot|renovate|greenkeeper|github-actions|pre-commit-ci|snyk|mergify|semantic-release)\b/i.test(
    name.trim(),
  ) || /\[bot\]@|[.+_-]bots?@|^(bot|github-actions|actions|noreply)@/i.test(address)

/** A clone that was made with a depth lacks the beginning. */
const isShallow = async (git_dir: string): Promise<boolean> =>
  (await gitOutput({ args: ['rev-parse', '--is-shallow-repository'], git_dir })).toString('utf8').trim() === 'true'

/** An address leaves this file as a number alone: who somebody is does not matter, that it is the same one does. */
const authorId = (address: string): string =>
  createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, 12)

async function notFound({ git_dir }: LocalCheckout, repository: string, at: string | null): Promise<GanderError> {
  const output = await gitOutput({ args: ['for-each-ref', '--format=%(refname:short)', '--count=2000'], git_dir })
  const names = output
    .toString('utf8')
    .split('\n')
    .filter((name) => name !== '')
  if (names.length === 0) return new GanderError('repository_empty', `${repository} has no commit yet.`)
  const wanted = at ?? 'HEAD'
  const close = closeNames(wanted, names)
  return new GanderError('ref_not_found', `${repository} has no branch, tag or commit ${JSON.stringify(wanted)}.`, {
    facts: { repository, ref: wanted, suggestions: [...close] },
    remedy: close.length > 0 ? `Did you mean ${close.join(', ')}?` : 'Fetch it first, or name another commit.',
  })
}
