import { createHash } from 'node:crypto'
import { cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readText } from '../../fence/read-text.ts'

/** The uid, gid and home of the one user inside. */
export const INNER_USER = { uid: 1000, gid: 1000, name: 'agent', home: '/home/agent' } as const

/** Parts of the host's /etc that programs need and that hold no secret; seen live and read-only. */
const SHOWN = [
  'alternatives',
  'ssl/certs',
  'pki/tls/certs',
  'pki/ca-trust/extracted',
  'ca-certificates/extracted',
  'fonts',
  'crypto-policies',
]

/** Small files that are copied. */
const COPIED = [
  'ld.so.cache',
  'ld.so.conf',
  'localtime',
  'timezone',
  'mime.types',
  'protocols',
  'services',
  'magic',
  'os-release',
  'debian_version',
  'lsb-release',
  'ssl/openssl.cnf',
  'pki/tls/openssl.cnf',
  'xattr.conf',
  'networks',
  'ethertypes',
] // prettier-ignore

/** Folders of configuration that are copied: they are small, and what could hold a credential is cut out. */
const isCopiedFolder = (name: string): boolean =>
  /^(?:java(?:-[\w.-]+)?|maven[\w.]*|python[\d.]*|perl|ld\.so\.conf\.d)$/.test(name)

const PLAIN_FILES: { readonly [name: string]: string } = {
  passwd: `root:x:0:0:root:/:/usr/sbin/nologin\nagent:x:${INNER_USER.uid}:${INNER_USER.gid}:agent:${INNER_USER.home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`,
  group: `root:x:0:\nagent:x:${INNER_USER.gid}:\nnogroup:x:65534:\n`,
  hosts: '127.0.0.1 localhost gander\n::1 localhost\n',
  hostname: 'gander\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n',
  'resolv.conf': '',
  'host.conf': 'multi on\n',
}

/** The synthetic /etc: a folder on the host and the parts of the real one to bind over it. */
export interface SystemFolder {
  readonly path: string
  /** Absolute paths under /etc that are bound read-only from the host. */
  readonly shown: readonly string[]
  /** Hash of what was made here. */
  readonly sha256: string
}

/** Maven's own settings without servers and proxies: both carry passwords. */
const cleanMavenSettings = (text: string): string =>
  text
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/<(servers|proxies)>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<(servers|proxies)\s*\/>/g, '')

const copyFolder = (from: string, to: string): void => {
  cpSync(from, to, {
    recursive: true,
    // What other users may not read is not for the sandbox either.
    filter: (source) => (lstatSync(source).mode & 0o004) !== 0,
    verbatimSymlinks: true,
  })
  const settings = join(to, 'settings.xml')
  const text = readText(settings)
  if (text !== undefined) writeFileSync(settings, cleanMavenSettings(text))
}

const isWorldReadable = (path: string): boolean => existsSync(path) && (lstatSync(path).mode & 0o004) !== 0

const fill = (folder: string, host_etc: string, content: SystemContent): void => {
  for (const [name, text] of Object.entries(PLAIN_FILES)) writeFileSync(join(folder, name), text)
  for (const name of COPIED.filter((name) => isWorldReadable(join(host_etc, name)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), readFileSync(join(host_etc, name)))
  }
  for (const name of content.folders) copyFolder(join(host_etc, name), join(folder, name))
  for (const name of content.shown) mkdirSync(join(folder, name), { recursive: true })
}

interface SystemContent {
  readonly folders: readonly string[]
  readonly shown: readonly string[]
}

/** Stands for everything copied: names, sizes and times, which is cheap to look at on every start. */
const identityOf = (host_etc: string, content: SystemContent): string => {
  const stamps = [...COPIED, ...content.folders, 'maven/settings.xml'].map((name) => {
    const path = join(host_etc, name)
    const stat = existsSync(path) ? lstatSync(path) : undefined
    return `${name}:${stat?.size ?? '-'}:${stat?.mtimeMs ?? '-'}`
  })
  return createHash('sha256')
    .update(JSON.stringify([4, PLAIN_FILES, content, stamps]))
    .digest('hex')
}

/**
 * Makes the synthetic /etc once per content under `home` and reuses it: its own users and name service, the parts of
 * the host's that toolchains need, and no more (no shadow, keys, machine id, mounts or network settings).
 */
export const prepareSystemFolder = (home: string, folders: readonly string[]): SystemFolder => {
  const host_etc = '/etc'
  const shown = SHOWN.filter((name) => existsSync(join(host_etc, name)))
  const content = { folders: folders.filter(isCopiedFolder), shown }
  const sha256 = identityOf(host_etc, content)
  const path = join(home, 'system', sha256.slice(0, 32), 'etc')
  if (!existsSync(path)) {
    const parent = dirname(path)
    const draft = `${parent}.${process.pid}.${process.hrtime.bigint()}`
    const before = process.umask(0o022)
    try {
      mkdirSync(join(draft, 'etc'), { recursive: true })
      fill(join(draft, 'etc'), host_etc, content)
      renameSync(draft, parent)
    } catch (error) {
      rmSync(draft, { recursive: true, force: true })
      // Another worker was faster; its content is the same.
      if (!existsSync(path)) throw error
    } finally {
      process.umask(before)
    }
  }
  return { path, shown: shown.map((name) => join(host_etc, name)), sha256 }
}
