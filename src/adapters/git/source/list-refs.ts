import { GanderError } from '#domain/failure'
import type { Address, Credentials } from '../transport/address.ts'
import { accessTo } from '../transport/credentials.ts'
import { runGit, type GitOutcome } from '../transport/run-git.ts'
import { UPLOAD_PACK } from '../transport/upload-pack.ts'

/** What a repository offers, by full ref name. */
export interface RefList {
  /** Commit ids; a tag is peeled to what it names. */
  readonly refs: ReadonlyMap<string, string>
  /** The branch HEAD points at; null when HEAD is detached, unborn or absent. */
  readonly head_branch: string | null
}

const TIMEOUT_MS = 60_000
const REF_BYTES = 64 * 1024 ** 2

/** Asks a repository for its refs. @throws GanderError `repository_not_found`, `repository_unreadable` */
export async function listRefs(
  address: Address,
  credentials: Credentials | null,
  patterns: readonly string[],
): Promise<RefList> {
  const access = await accessTo(address, credentials)
  const outcome = await runGit({
    args: [
      'ls-remote',
      '--symref',
      ...(address.kind === 'local' ? [`--upload-pack=${UPLOAD_PACK}`] : []),
      '--',
      address.url,
      ...patterns,
    ],
    network: true,
    settings: access.settings,
    env: access.env,
    timeout_ms: TIMEOUT_MS,
    output_bytes: REF_BYTES,
  })
  if (outcome.exit_code !== 0) throw unreachable(address, outcome)
  return parseRefs(outcome.stdout.toString('utf8'))
}

function parseRefs(text: string): RefList {
  const refs = new Map<string, string>()
  let head_branch: string | null = null
  for (const line of text.split('\n')) {
    const [left, name] = line.split('\t')
    if (left === undefined || name === undefined) continue
    if (left.startsWith('ref: refs/heads/') && name === 'HEAD') head_branch = left.slice('ref: refs/heads/'.length)
    else if (name.endsWith('^{}')) refs.set(name.slice(0, -3), left)
    else if (!left.startsWith('ref: ')) refs.set(name, left)
  }
  return { refs, head_branch }
}

const NOT_FOUND = /not found|does not exist|does not appear to be a git repository|no such (file|repository)|404/i
const REFUSED =
  /authentication failed|could not read (username|password)|permission denied|access denied|40[13]|host key/i
const UNREACHABLE = /could not resolve|connection (refused|timed out|reset)|unable to access|timed out|network/i

/** The error for a repository that git could not read, told apart by what git said in the C locale. */
export function unreachable(address: Address, outcome: GitOutcome): GanderError {
  const said = plainWords(outcome.stderr)
  const facts = { repository: address.shown, git: said }
  if (outcome.ended_by === 'timeout')
    return new GanderError('repository_unreadable', `${address.shown} did not answer in time.`, {
      facts,
      retryable: true,
    })
  if (outcome.ended_by === 'output')
    return new GanderError('source_too_large', `${address.shown} offers more refs than are read.`, {
      facts,
      remedy: 'Remove refs there that nobody needs, such as those of closed pull requests.',
    })
  if (/terminal prompts disabled|could not read username/i.test(said))
    return new GanderError('repository_unreadable', `${address.shown} does not exist or asks for credentials.`, {
      facts,
    })
  if (REFUSED.test(said) && !/repository .* not found/i.test(said))
    return new GanderError('repository_unreadable', `${address.shown} refused access: ${said}`, { facts })
  if (NOT_FOUND.test(said))
    return new GanderError('repository_not_found', `${address.shown} is not a git repository: ${said}`, { facts })
  return new GanderError('repository_unreadable', `${address.shown} could not be read: ${said}`, {
    facts,
    retryable: UNREACHABLE.test(said),
  })
}

/** What git said, on one line, without addresses' credentials and control characters. */
function plainWords(stderr: string): string {
  return stderr
    .replaceAll(/\/\/[^/\s@]*@/g, '//')
    .split('\n')
    .map((line) => line.replace(/^(fatal|error|remote|warning): */i, '').trim())
    .filter((line) => line !== '')
    .slice(0, 4)
    .join(' ')
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, 600)
}
