import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import type { Repositories, RunRepository, SandboxCapture } from '#ports'

/** Git as a person runs it: their repository, their identity, none of this machine's settings. */
export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Someone',
      GIT_AUTHOR_EMAIL: 'someone@example.org',
      GIT_COMMITTER_NAME: 'Someone',
      GIT_COMMITTER_EMAIL: 'someone@example.org',
      GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
      GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
    },
  }).trimEnd()
}

/** A folder that is removed when the test file ends. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'gander-git-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes files; a value `{ link }` makes a symbolic link. */
export function writeFiles(
  folder: string,
  files: { readonly [path: string]: string | Uint8Array | { readonly link: string } },
): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, target)
    else writeFileSync(target, content)
  }
}

/** A repository with the files as one commit on main. */
export function makeRepository(folder: string, files: Parameters<typeof writeFiles>[1]): string {
  mkdirSync(folder, { recursive: true })
  git(folder, 'init', '-q', '-b', 'main')
  writeFiles(folder, files)
  git(folder, 'add', '-A')
  git(folder, 'commit', '-q', '-m', 'first')
  return git(folder, 'rev-parse', 'HEAD')
}

let runs = 0

/** Pins and opens in one go. */
export async function openRun(
  repositories: Repositories,
  repository: string,
  ref: string | null = null,
): Promise<RunRepository> {
  return repositories.open(`run_test${process.pid}x${runs++}`, await repositories.resolve(repository, ref))
}

/** An overlay over a checkout in a mount namespace of its own, as a sandbox has it. */
export interface Overlay {
  readonly upper: string
  readonly merged: string
  /** Runs a shell script inside the merged tree, in the namespace. */
  readonly run: (script: string) => void
  readonly close: () => void
}

/** An overlay as a sandbox hands it to the platform; without the merged tree where a test says so. */
export const overlayOf = (overlay: Overlay | undefined, merged = true): SandboxCapture => ({
  kind: 'overlay',
  upper: overlay?.upper ?? '',
  ...(merged && overlay !== undefined ? { merged: overlay.merged } : {}),
})

/** Why overlays cannot be mounted here; undefined when they can. */
export const overlayObstacle =
  process.getuid?.() === 0 ? undefined : 'mounting a root overlay needs root; the rootless one has a test of its own'

/** Mounts it and waits until it is there. */
export async function mountOverlay(lower: string): Promise<Overlay> {
  const script = `set -e
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/merged
mount -t overlay -o "lowerdir=$LOWER,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/merged
echo ready
exec sleep 600`
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
    env: { PATH: process.env['PATH'] ?? '', LOWER: lower },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await ready(holder)
  const root = `/proc/${holder.pid}/root/mnt`
  return {
    upper: `${root}/upper`,
    merged: `${root}/merged`,
    run: (body) => {
      execFileSync('nsenter', ['-t', String(holder.pid), '--mount', 'sh', '-ec', `cd /mnt/merged; ${body}`], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    },
    close: () => void holder.kill('SIGKILL'),
  }
}

function ready(holder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    holder.stdout?.once('data', () => resolve())
    holder.once('exit', (code) => reject(new Error(`the overlay could not be mounted (exit ${code})`)))
  })
}
