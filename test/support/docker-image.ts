import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Programs of the image: what the contract of sandbox drivers and the examples run. */
const PROGRAMS =
  'sh bash env cat ls rm mkdir rmdir sleep touch head tail wc tr sort uniq xargs cut chmod true false tar perl python3 setsid id cp mv ln mkfifo grep find sed pwd kill printf echo truncate stat dd sha256sum uname dirname basename test expr seq tee diff date readlink realpath mktemp git nice rev ps'.split(
    ' ',
  )
/** Trees that interpreters read besides their shared objects. */
const TREES = ['/usr/lib/python3.11', '/usr/lib/python3', '/usr/share/perl', '/usr/share/perl5']
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const which = (program: string): string | undefined =>
  SYSTEM_PATH.split(':')
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))

/** On a merged /usr the old top folders are links, and so they are in the image. */
const inner = (path: string): string =>
  path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/').replace('/usr/sbin/', '/usr/bin/')

const copyFile = (root: string, from: string, to = inner(from)): void => {
  mkdirSync(dirname(join(root, to)), { recursive: true })
  cpSync(realpathSync(from), join(root, to), { dereference: true })
}

const librariesOf = (program: string): readonly string[] => {
  try {
    return (
      execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).match(
        /\/\S+\.so\S*/g,
      ) ?? []
    )
  } catch {
    return []
  }
}

const copyTree = (root: string, from: string): void => {
  if (!existsSync(from)) return
  mkdirSync(dirname(join(root, from)), { recursive: true })
  execFileSync('cp', ['-aL', from, join(root, from)], { stdio: 'ignore' })
}

const multiarch = (): string => (process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu')

const fill = (root: string): void => {
  for (const folder of [
    'tmp',
    'var/tmp',
    'proc',
    'sys',
    'dev',
    'etc',
    'run',
    'workspace',
    'home/agent',
    'usr/bin',
    'usr/lib',
    'usr/lib64',
  ])
    mkdirSync(join(root, folder), { recursive: true })
  for (const [link, to] of [
    ['bin', 'usr/bin'],
    ['sbin', 'usr/bin'],
    ['lib', 'usr/lib'],
    ['lib64', 'usr/lib64'],
    ['usr/sbin', 'bin'],
  ] as const)
    symlinkSync(to, join(root, link))
  const programs = PROGRAMS.flatMap((name) => which(name) ?? [])
  for (const program of programs) copyFile(root, program)
  copyFile(root, process.execPath, '/usr/bin/node')
  for (const program of [...programs, process.execPath])
    for (const library of librariesOf(realpathSync(program))) copyFile(root, library)
  const shared = `/usr/lib/${multiarch()}`
  for (const tree of [...TREES, `${shared}/perl`, `${shared}/perl-base`]) {
    try {
      copyTree(root, tree)
    } catch {
      // A dangling link somewhere in a tree; what matters is tried by the tests.
    }
  }
  for (const name of [
    'libffi.so.8',
    'libssl.so.3',
    'libcrypto.so.3',
    'libbz2.so.1.0',
    'liblzma.so.5',
    'libsqlite3.so.0',
    'libuuid.so.1',
  ])
    if (existsSync(join(shared, name))) copyFile(root, join(shared, name))
  writeFileSync(join(root, 'etc/passwd'), 'agent:x:1000:1000::/home/agent:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'agent:x:1000:\n')
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files\n')
}

/** Makes the root of the test image from this machine's own programs, once per machine and node. Returns its folder. */
export const buildTestImage = (): string => {
  const identity = createHash('sha256').update(`2 ${process.execPath} ${PROGRAMS.join()}`).digest('hex').slice(0, 12)
  const finished = join(tmpdir(), `gander-test-image-${identity}`)
  if (existsSync(finished)) return finished
  const draft = mkdtempSync(`${finished}-`)
  fill(draft)
  execFileSync('chmod', ['755', draft])
  try {
    renameSync(draft, finished)
  } catch {
    rmSync(draft, { recursive: true, force: true })
  }
  return finished
}
