import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Paths of a registry and what stands there. */
type Pages = ReadonlyMap<string, Buffer>

const digest = (algorithm: string, bytes: Buffer, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHash(algorithm).update(bytes).digest(encoding)

/** Files packed by a command that writes to `out` in the folder that holds them. */
const packed = (files: Readonly<Record<string, string>>, program: string, args: readonly string[]): Buffer => {
  const folder = mkdtempSync(join(tmpdir(), 'gander-packed-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    execFileSync(program, args, { cwd: folder, stdio: 'ignore' })
    return readFileSync(join(folder, 'out'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A package called tiny, version 1.0.0, for npm below an address. */
export const tinyForNpm = (address: string): Pages => {
  const manifest = JSON.stringify({ name: 'tiny', version: '1.0.0', main: 'index.js' })
  const files = { 'package/package.json': manifest, 'package/index.js': 'module.exports = 42\n' }
  const archive = packed(files, 'tar', ['czf', 'out', 'package'])
  const base = new URL(address).pathname
  const dist = {
    tarball: `${address}tiny/-/tiny-1.0.0.tgz`,
    integrity: `sha512-${digest('sha512', archive, 'base64')}`,
    shasum: digest('sha1', archive),
  }
  const versions = { '1.0.0': { name: 'tiny', version: '1.0.0', dist } }
  const page = JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions })
  return new Map([
    [`${base}tiny`, Buffer.from(page)],
    [`${base}tiny/-/tiny-1.0.0.tgz`, archive],
  ])
}

/** The same for Cargo's sparse protocol. */
export const tinyForCargo = (address: string): Pages => {
  const manifest = '[package]\nname = "tiny"\nversion = "1.0.0"\nedition = "2021"\n'
  const files = { 'tiny-1.0.0/Cargo.toml': manifest, 'tiny-1.0.0/src/lib.rs': 'pub fn answer() -> u8 {\n    42\n}\n' }
  const archive = packed(files, 'tar', ['czf', 'out', 'tiny-1.0.0'])
  const base = new URL(address).pathname
  const line = { name: 'tiny', vers: '1.0.0', deps: [], cksum: digest('sha256', archive), features: {}, yanked: false }
  return new Map([
    [`${base}config.json`, Buffer.from(JSON.stringify({ dl: `${address}crates` }))],
    [`${base}ti/ny/tiny`, Buffer.from(`${JSON.stringify(line)}\n`)],
    [`${base}crates/tiny/1.0.0/download`, archive],
  ])
}

/** The same as a wheel, for pip. */
export const tinyForPip = (address: string): Pages => {
  const about = 'tiny-1.0.0.dist-info'
  const files = {
    'tiny.py': 'ANSWER = 42\n',
    [`${about}/METADATA`]: 'Metadata-Version: 2.1\nName: tiny\nVersion: 1.0.0\n',
    [`${about}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${about}/RECORD`]: `tiny.py,,\n${about}/METADATA,,\n${about}/WHEEL,,\n${about}/RECORD,,\n`,
  }
  const wheel = packed(files, 'python3', ['-m', 'zipfile', '-c', 'out', 'tiny.py', about])
  const base = new URL(address).pathname
  const name = 'tiny-1.0.0-py3-none-any.whl'
  const link = `<a href="../../packages/${name}#sha256=${digest('sha256', wheel)}">${name}</a>`
  return new Map([
    [`${base}tiny/`, Buffer.from(`<!DOCTYPE html><html><body>${link}</body></html>`)],
    [new URL(`../packages/${name}`, address).pathname, wheel],
  ])
}

/** A parent pom for Maven: what a project without plugins fetches. */
export const tinyForMaven = (address: string): Pages => {
  const pom = `<project><modelVersion>4.0.0</modelVersion><groupId>tiny</groupId><artifactId>tiny</artifactId><version>1.0.0</version><packaging>pom</packaging></project>`
  return new Map([[`${new URL(address).pathname}tiny/tiny/1.0.0/tiny-1.0.0.pom`, Buffer.from(pom)]])
}

/** Serves pages; below a path that `keys` names only to who says the right word. */
export const servePages = (pages: Pages, keys: Readonly<Record<string, string>> = {}): RequestListener => {
  return (asked, answer) => {
    const path = (asked.url ?? '').split('?')[0] ?? ''
    const key = Object.entries(keys).find(([place]) => path.startsWith(place))?.[1]
    const page = pages.get(path)
    if (key !== undefined && asked.headers.authorization !== key) answer.writeHead(401).end()
    else if (page === undefined) answer.writeHead(404).end()
    else answer.writeHead(200, { 'content-type': kindOf(path) }).end(page)
  }
}

const kindOf = (path: string): string =>
  path.endsWith('/')
    ? 'text/html'
    : /\.(?:tgz|whl)$|download$/.test(path)
      ? 'application/octet-stream'
      : 'application/json'
