import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { TenantId } from '#domain/ids'
import type { SignedCheckpoint } from '#domain/ledger'
import type { CheckpointPlace } from '#ports'
import { folderName, readCheckpoint } from './signed-checkpoint.ts'

const REFS = 'refs/heads/gander-checkpoints'
/** The tree without files, which every repository knows. */
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

interface Ground {
  /** The repository that is written and read: the place itself, or the mirror of a remote one. */
  readonly folder: string
  readonly remote: string | undefined
  readonly where: string
}

/**
 * A git repository: a branch for each tenant, a commit for each checkpoint, its text the message. A local path is a bare
 * repository that is written directly; any other address is reached over a mirror below `mirrors` and pushed to, never
 * by force, so a remote that refuses rewritten branches keeps what it once got.
 */
export function createGitPlace(address: string, mirrors: string): CheckpointPlace {
  const is_local = address.startsWith('/')
  const ground: Ground = {
    folder: is_local ? address : join(mirrors, encodeURIComponent(address)),
    remote: is_local ? undefined : address,
    where: address,
  }
  return {
    where: address,
    tenants: async () => {
      await refresh(ground)
      const listed = await git(ground, ['for-each-ref', '--format=%(refname:lstrip=3)', REFS])
      return listed.split('\n').filter((name) => name !== '') as readonly string[] as readonly TenantId[]
    },
    last: async (tenant) => {
      await refresh(ground)
      return newest(ground, tenant)
    },
    read: (tenant, after = 0) => readAll(ground, tenant, after),
    append: (checkpoint) => append(ground, checkpoint),
  }
}

const refOf = (tenant: TenantId): string => `${REFS}/${folderName(tenant)}`

async function* readAll(ground: Ground, tenant: TenantId, after: number): AsyncGenerator<SignedCheckpoint> {
  await refresh(ground)
  const ref = refOf(tenant)
  const tip = await tipOf(ground, ref)
  if (tip === '') return
  const total = Number((await git(ground, ['rev-list', '--count', tip])).trim())
  // git counts from the newest; what is asked for is the page that begins after `taken`.
  for (let taken = after; taken < total; taken += PAGE) {
    const most = Math.min(PAGE, total - taken)
    const page = [`--skip=${total - taken - most}`, `-n${most}`]
    const said = await git(ground, ['log', '--reverse', '--format=%B%x00', ...page, tip])
    const texts = said.split('\0').map((text) => text.trim())
    for (const text of texts.filter((one) => one !== '')) yield readCheckpoint(text, `${ground.where} ${ref}`)
  }
}

const PAGE = 500

async function newest(ground: Ground, tenant: TenantId): Promise<SignedCheckpoint | undefined> {
  const ref = refOf(tenant)
  const tip = await tipOf(ground, ref)
  if (tip === '') return undefined
  return readCheckpoint(await git(ground, ['log', '-1', '--format=%B', tip]), `${ground.where} ${ref}`)
}

async function append(ground: Ground, checkpoint: SignedCheckpoint): Promise<void> {
  await refresh(ground)
  const ref = refOf(checkpoint.tenant_id)
  const last = await newest(ground, checkpoint.tenant_id)
  if (last?.number === checkpoint.number && last.signature === checkpoint.signature) return
  if (checkpoint.number !== (last?.number ?? 0) + 1)
    throw failed(
      'checkpoints_unwritable',
      `${ground.where} has ${last?.number ?? 0} checkpoints, ${checkpoint.number} is not the next`,
    )
  const tip = await tipOf(ground, ref)
  const parent = tip === '' ? [] : ['-p', tip]
  await git(ground, ['hash-object', '-t', 'tree', '-w', '--stdin'], '')
  const commit = await git(ground, ['commit-tree', EMPTY_TREE, ...parent], `${JSON.stringify(checkpoint)}\n`)
  await git(ground, ['update-ref', ref, commit.trim(), tip === '' ? '0'.repeat(40) : tip])
  if (ground.remote !== undefined) await git(ground, ['push', '--quiet', ground.remote, `${ref}:${ref}`])
}

async function tipOf(ground: Ground, ref: string): Promise<string> {
  return (await git(ground, ['for-each-ref', '--format=%(objectname)', ref])).trim()
}

/** A missing repository is made; of a remote one the present branches are fetched, and its word counts. */
async function refresh(ground: Ground): Promise<void> {
  await mkdir(ground.folder, { recursive: true, mode: 0o700 })
  await git(ground, ['init', '--quiet', '--bare', ground.folder])
  if (ground.remote !== undefined)
    await git(ground, ['fetch', '--quiet', '--prune', ground.remote, `+${REFS}/*:${REFS}/*`])
}

const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Gander',
  GIT_AUTHOR_EMAIL: 'gander@localhost',
  GIT_COMMITTER_NAME: 'Gander',
  GIT_COMMITTER_EMAIL: 'gander@localhost',
}

function git({ folder, where }: Ground, args: readonly string[], input?: string): Promise<string> {
  const { PATH = '/usr/bin:/bin', HOME = '/', SSH_AUTH_SOCK } = process.env
  const own = SSH_AUTH_SOCK === undefined ? { PATH, HOME } : { PATH, HOME, SSH_AUTH_SOCK }
  return new Promise((resolve, reject) => {
    const child = spawn(
      'git',
      ['-c', 'core.hooksPath=/dev/null', '-c', 'safe.bareRepository=all', '--git-dir', folder, ...args],
      {
        env: { ...own, ...ENVIRONMENT },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    )
    let out = ''
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdin.on('error', () => undefined).end(input ?? '')
    child.on('error', (cause) => reject(failed('checkpoints_unreadable', `git cannot be run: ${cause.message}`, cause)))
    child.on('close', (code) => {
      if (code === 0) return resolve(out)
      const is_write = ['push', 'update-ref', 'commit-tree', 'hash-object'].includes(args[0] ?? '')
      const what = `${where}: git ${args[0] ?? ''} says ${said.trim().split('\n').at(-1) ?? 'nothing'}`
      reject(failed(is_write ? 'checkpoints_unwritable' : 'checkpoints_unreadable', what))
    })
  })
}

const failed = (code: 'checkpoints_unreadable' | 'checkpoints_unwritable', message: string, cause?: unknown) =>
  new GanderError(code, `The place of checkpoints failed: ${message}.`, { cause })
