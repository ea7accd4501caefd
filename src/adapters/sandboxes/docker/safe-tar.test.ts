import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pack, type Header } from 'tar-stream'
import { unpackTar } from './safe-tar.ts'

type Item = Partial<Header> & { readonly name: string; readonly content?: string }

const LIMITS = { entries: 100, bytes: 1_000_000, file_bytes: 100_000 }
let root: string
let folder: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gander-tar-'))
  folder = join(root, 'copy')
  mkdirSync(folder)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const archive = async (items: readonly Item[]): Promise<Buffer> => {
  const tar = pack()
  for (const { content, ...header } of items) tar.entry(header, content ?? '')
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const unpacked = async (items: readonly Item[], limits = LIMITS) =>
  unpackTar(Readable.from([await archive(items)]), folder, limits)

/** Sets bytes of the first header and mends its checksum. */
const forge = (tar: Buffer, at: number, bytes: Buffer): Buffer => {
  const forged = Buffer.from(tar)
  bytes.copy(forged, at)
  forged.fill(0x20, 148, 156)
  const sum = forged.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  forged.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return forged
}

describe('an archive of a tree', () => {
  it('becomes its folders, files with their exec bit, and links', async () => {
    const refused = await unpacked([
      { name: './', type: 'directory' },
      { name: './src/', type: 'directory' },
      { name: './src/a', content: 'a', mode: 0o600 },
      { name: './src/tool', content: '#!', mode: 0o777 },
      { name: './link', type: 'symlink', linkname: 'src/a' },
      { name: './hard', type: 'link', linkname: './src/a' },
    ])
    expect(refused).toEqual([])
    expect(readFileSync(join(folder, 'hard'), 'utf8')).toBe('a')
    expect(lstatSync(join(folder, 'hard')).nlink).toBe(1)
    expect(lstatSync(join(folder, 'src/a')).mode & 0o777).toBe(0o644)
    expect(lstatSync(join(folder, 'src/tool')).mode & 0o777).toBe(0o755)
    expect(readlinkSync(join(folder, 'link'))).toBe('src/a')
  })

  it('leaves files alone that are as they were, writes changed ones and removes what is gone', async () => {
    await unpacked([
      { name: './same', content: 'same' },
      { name: './changed', content: 'old' },
      { name: './gone/x', content: 'x' },
    ])
    const before = lstatSync(join(folder, 'same'), { bigint: true })
    await unpacked([
      { name: './same', content: 'same' },
      { name: './changed', content: 'new' },
    ])
    const after = lstatSync(join(folder, 'same'), { bigint: true })
    expect([after.ino, after.ctimeNs]).toEqual([before.ino, before.ctimeNs])
    expect(readFileSync(join(folder, 'changed'), 'utf8')).toBe('new')
    expect(readdirSync(folder).toSorted()).toEqual(['changed', 'same'])
  })
})

describe('a hostile archive', () => {
  it('writes nothing outside the folder by its names', async () => {
    const refused = await unpacked([
      { name: '../escaped', content: 'x' },
      { name: 'a/../../escaped', content: 'x' },
      { name: '/tmp/gander-escaped', content: 'x' },
      { name: 'a//b', content: 'x' },
      { name: './fine', content: 'x' },
    ])
    expect(refused.map((each) => each.path)).toEqual(['../escaped', 'a/../../escaped', '/tmp/gander-escaped', 'a//b'])
    expect(readdirSync(root)).toEqual(['copy'])
    expect(readdirSync(folder)).toEqual(['fine'])
  })

  it('writes nothing through a link, a file or a link of an earlier copy', async () => {
    const outside = join(root, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'kept'), 'kept')
    const through = await unpacked([
      { name: 'door', type: 'symlink', linkname: outside },
      { name: 'door/kept', content: 'stolen' },
      { name: 'door', type: 'directory' },
      { name: 'file', content: 'x' },
      { name: 'file/below', content: 'x' },
      { name: 'kept', type: 'symlink', linkname: join(outside, 'kept') },
      { name: 'kept', content: 'stolen' },
    ])
    expect(through.map((each) => each.path)).toEqual(['door/kept', 'door', 'file/below', 'kept'])
    await unpacked([
      { name: 'door/kept', content: 'stolen' },
      { name: 'kept', content: 'stolen' },
    ])
    expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept')
    expect(readdirSync(outside)).toEqual(['kept'])
    expect(lstatSync(join(folder, 'door')).isDirectory()).toBe(true)
  })

  it('gets no hard link to anything but a file it brought itself', async () => {
    const refused = await unpacked([
      { name: 'passwd', type: 'link', linkname: '/etc/passwd' },
      { name: 'up', type: 'link', linkname: '../outside' },
      { name: 'link', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'twice', type: 'link', linkname: 'link' },
      { name: 'self', type: 'link', linkname: 'self' },
    ])
    expect(refused.map((each) => each.path)).toEqual(['passwd', 'up', 'twice', 'self'])
  })

  it('has devices, fifos and privileged files refused by name', async () => {
    const refused = await unpacked([
      { name: 'null', type: 'character-device', devmajor: 1, devminor: 3 },
      { name: 'disk', type: 'block-device', devmajor: 8, devminor: 0 },
      { name: 'pipe', type: 'fifo' },
      { name: 'suid', content: 'x', mode: 0o4755 },
      { name: 'sgid', content: 'x', mode: 0o2755 },
    ])
    expect(refused.map((each) => each.path)).toEqual(['null', 'disk', 'pipe', 'suid', 'sgid'])
    expect(readdirSync(folder)).toEqual([])
  })

  it('has extended headers, sparse files and names that are no UTF-8 refused', async () => {
    const named = await unpacked([{ name: 'plain', content: 'x', pax: { path: '../../elsewhere' } }])
    expect(named).toHaveLength(1)
    const plain = await archive([{ name: 'sparse', content: 'x' }])
    expect(await unpackTar(Readable.from([forge(plain, 156, Buffer.from('S'))]), folder, LIMITS)).toHaveLength(1)
    const name = Buffer.from('bad\xff\0', 'latin1')
    expect(await unpackTar(Readable.from([forge(plain, 0, name)]), folder, LIMITS)).toHaveLength(1)
    expect(readdirSync(folder)).toEqual([])
  })

  it('is refused as a whole when it holds too many entries or bytes, and one large file by its name', async () => {
    const many = Array.from({ length: 11 }, (_, index) => ({ name: `f${index}`, content: 'x' }))
    await expect(unpacked(many, { ...LIMITS, entries: 10 })).rejects.toMatchObject({ code: 'sandbox_unavailable' })
    await expect(unpacked(many, { ...LIMITS, bytes: 10 })).rejects.toMatchObject({ code: 'sandbox_unavailable' })
    const large = [
      { name: 'large', content: 'x'.repeat(1000) },
      { name: 'small', content: 'x' },
    ]
    expect(await unpacked(large, { ...LIMITS, file_bytes: 999 })).toMatchObject([{ path: 'large' }])
    const doubled = [
      { name: 'a', content: 'x'.repeat(600) },
      { name: 'b', type: 'link' as const, linkname: 'a' },
    ]
    await expect(unpacked(doubled, { ...LIMITS, bytes: 1000 })).rejects.toMatchObject({ code: 'sandbox_unavailable' })
  })

  it('is refused as a whole when it is cut off', async () => {
    const tar = await archive([{ name: 'a', content: 'x'.repeat(5000) }])
    await expect(unpackTar(Readable.from([tar.subarray(0, 1500)]), folder, LIMITS)).rejects.toMatchObject({
      code: 'sandbox_unavailable',
    })
  })
})
