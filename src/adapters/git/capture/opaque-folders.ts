import { spawn } from 'node:child_process'
import process from 'node:process'
import { GanderError } from '#domain/failure'

/**
 * Root mounts keep the mark in `trusted.`, which an agent cannot write; user mounts keep it in `user.`, where overlayfs
 * itself keeps agents from it. The other kind is never believed.
 */
const OPAQUE = process.geteuid?.() === 0 ? 'trusted.overlay.opaque=y' : 'user.overlay.opaque=y'
const BLOCK = 512

/**
 * Which of the given folders (paths as bytes, relative to `upper`) overlayfs marks opaque: nothing of the layers below
 * shows through them. Node cannot read extended attributes; GNU tar can, and is an essential package nearly everywhere.
 * Only the headers of an archive without recursion are read: no content, and nothing is run or followed.
 */
export async function opaqueFolders(upper: string, folders: readonly string[]): Promise<ReadonlySet<string>> {
  if (folders.length === 0) return new Set()
  const archive = await tarHeaders(upper, folders)
  const opaque = new Set<string>()
  let attributes = ''
  let index = 0
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 136), 8) || 0
    const kind = String.fromCodePoint(archive[at + 156] ?? 0)
    const body = at + BLOCK
    at = body + Math.ceil(size / BLOCK) * BLOCK
    if (kind === 'x') attributes = archive.toString('latin1', body, body + size)
    if (kind !== '5') continue
    const folder = folders[index]
    if (folder !== undefined && attributes.includes(OPAQUE)) opaque.add(folder)
    attributes = ''
    index += 1
  }
  if (index !== folders.length) throw unreadable(`it listed ${index} of ${folders.length} folders`)
  return opaque
}

const ARGUMENTS = [
  '--create',
  '--format=pax',
  '--xattrs',
  '--xattrs-include=*overlay.opaque',
  '--no-recursion',
  '--null',
  '--verbatim-files-from',
  '--files-from=-',
  '--file=-',
]

function tarHeaders(upper: string, folders: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tar = spawn('tar', [`--directory=${upper}`, ...ARGUMENTS], {
      cwd: '/',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 30_000,
    })
    const output: Buffer[] = []
    let complaint = ''
    tar.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    tar.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text))
    tar.stdin.on('error', () => undefined)
    tar.on('error', (error) => reject(unreadable(error.message)))
    tar.on('close', (code) => (code === 0 ? resolve(Buffer.concat(output)) : reject(unreadable(complaint.trim()))))
    tar.stdin.end(Buffer.from(folders.map((folder) => `./${folder}\0`).join(''), 'latin1'))
  })
}

const unreadable = (why: string): GanderError =>
  new GanderError('tool_missing', `The attributes of changed folders could not be read with tar: ${why}`, {
    remedy: 'Install GNU tar (apt-get install tar).',
  })
