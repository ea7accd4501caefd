import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Runs a program to its end. @throws Error when it fails */
export function finished(program: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}: ${said}`)),
    )
  })
}

const BARE =
  '--unshare-all --die-with-parent --new-session --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib'
const BARE_VIEW = `${BARE} --symlink usr/lib64 /lib64 --proc /proc --dev /dev --tmpfs /tmp`

/** `bwrap … true` with every namespace and the fewest mounts a program needs. */
export const bareSandbox = (): Promise<void> => finished('bwrap', [...BARE_VIEW.split(' '), 'true'])

const MOUNTS = `mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/merged" &&
  mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/merged"`

/** An overlay over a folder in a mount namespace of its own, made and dropped again. */
export async function bareOverlay(lower: string): Promise<void> {
  const at = await mkdtemp(join(tmpdir(), 'gander-overlay-'))
  try {
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
    await finished('unshare', [...user, '--mount', '--propagation', 'private', 'sh', '-c', MOUNTS, 'mounts', at, lower])
  } finally {
    await rm(at, { recursive: true, force: true })
  }
}

/** One HTTP request with this body, to the last byte of its answer. */
export function bareRequest(url: string, content: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      response.resume()
      response.once('end', () => resolve())
    })
    asked.once('error', reject)
    asked.end(content)
  })
}
