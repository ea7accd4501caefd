import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installProgram, isWhole, type InstallInto } from './guest-installation.ts'

const WANTED = { id: 'tool', package: '@acme/tool', version: '1.2.3', program: 'tool' }

let cache: string
let installs: number

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'gander-installation-'))
  installs = 0
})
afterEach(() => rm(cache, { recursive: true, force: true }))

const put = async (path: string, text: string) => {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
}

/** Puts down what npm would. */
const install: InstallInto = async (folder) => {
  installs += 1
  const modules = join(folder, 'node_modules')
  const listed = { 'node_modules/@acme/tool': { version: '1.2.3' }, 'node_modules/part': { version: '1.0.0' } }
  await put(join(modules, '@acme/tool/package.json'), '{}')
  await put(join(modules, 'part/package.json'), '{}')
  await put(join(modules, '.bin/tool'), '#!/bin/sh\n')
  await put(join(modules, '.package-lock.json'), JSON.stringify({ packages: listed }))
}

describe('the installation of a guest', () => {
  it('into an empty cache is whole, and stays as it is the next time', async () => {
    expect(await installProgram(join(cache, 'new'), WANTED, install)).toBe('installed')
    expect(await installProgram(join(cache, 'new'), WANTED, install)).toBe('is there')
    expect(installs).toBe(1)
    expect(await readdir(join(cache, 'new'))).toEqual(['tool'])
  })

  it.each([
    ['.package-lock.json', 'was broken off before its end'],
    ['part/package.json', 'lost a part'],
    ['.bin/tool', 'lost its program'],
  ])('without %s %s and is made anew', async (path) => {
    await installProgram(cache, WANTED, install)
    await rm(join(cache, 'tool/node_modules', path))
    expect(await installProgram(cache, WANTED, install)).toBe('installed')
    expect(await isWhole(join(cache, 'tool'), WANTED)).toBe(true)
  })

  it('of another version is replaced', async () => {
    await installProgram(cache, WANTED, install)
    expect(await isWhole(join(cache, 'tool'), { ...WANTED, version: '1.2.4' })).toBe(false)
  })

  it('that fails leaves nothing behind and keeps what was there', async () => {
    const failing: InstallInto = async (folder) => {
      await put(join(folder, 'node_modules/part/package.json'), '{}')
      throw new Error('no network')
    }
    await expect(installProgram(cache, WANTED, failing)).rejects.toThrow('no network')
    expect(await readdir(cache)).toEqual([])
  })

  it('that npm calls done and is not whole is an error', async () => {
    await expect(installProgram(cache, WANTED, async () => undefined)).rejects.toThrow('is not whole')
  })

  it('removes what was broken off long ago, and not what is being made now', async () => {
    await mkdir(join(cache, '.installing-tool-1'))
    await utimes(join(cache, '.installing-tool-1'), 0, 0)
    await mkdir(join(cache, '.installing-tool-2'))
    await installProgram(cache, WANTED, install)
    expect((await readdir(cache)).toSorted()).toEqual(['.installing-tool-2', 'tool'])
  })
})
