import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findToolchains, innerPath, toolchainRoots } from './toolchains.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gander-home-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const write = (path: string, text: string): string => {
  const full = join(home, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, text)
  return full
}
const program = (path: string): string => {
  const full = write(path, '#!/bin/sh\n')
  chmodSync(full, 0o755)
  return full
}
const find = (folders: readonly string[], more: { readonly [name: string]: string } = {}) => {
  const found = findToolchains({ HOME: home, PATH: folders.map((folder) => join(home, folder)).join(':'), ...more })
  return (name: string) => found.find((toolchain) => toolchain.name === name && toolchain.path.startsWith(home))
}

describe('findToolchains', () => {
  it('sees through pyenv to the version it resolves to, the newest of a prefix', () => {
    for (const version of ['3.12.1', '3.12.10', '3.9.0']) program(`.pyenv/versions/${version}/bin/python3`)
    program('.pyenv/shims/python3')
    write('.pyenv/version', '3.12\n')
    expect(find(['.pyenv/shims'])('python3')).toMatchObject({
      path: join(home, '.pyenv/versions/3.12.10/bin/python3'),
      roots: [join(home, '.pyenv/versions/3.12.10')],
    })
    expect(find(['.pyenv/shims'], { PYENV_VERSION: '3.9.0' })('python3')?.path).toContain('3.9.0')
  })

  it('sees through rustup to the default toolchain', () => {
    program('.cargo/bin/rustup')
    symlinkSync('rustup', join(home, '.cargo/bin/cargo'))
    write('.rustup/settings.toml', 'default_toolchain = "stable-x86_64-unknown-linux-gnu"\n')
    program('.rustup/toolchains/stable-x86_64-unknown-linux-gnu/bin/cargo')
    expect(find(['.cargo/bin'])('cargo')?.roots).toEqual([
      join(home, '.rustup/toolchains/stable-x86_64-unknown-linux-gnu'),
    ])
  })

  it('opens one version of nvm with its npm, and nothing else of the home', () => {
    program('.nvm/versions/node/v22.1.0/bin/node')
    const cli = program('.nvm/versions/node/v22.1.0/lib/node_modules/npm/bin/npm-cli.js')
    symlinkSync(cli, join(home, '.nvm/versions/node/v22.1.0/bin/npm'))
    const tool = find(['.nvm/versions/node/v22.1.0/bin'])
    const found = [tool('node'), tool('npm')].filter((each) => each !== undefined)
    expect(found).toHaveLength(2)
    expect(toolchainRoots(found)).toEqual([join(home, '.nvm/versions/node/v22.1.0')])
    expect(innerPath(found).split(':')[0]).toBe(join(home, '.nvm/versions/node/v22.1.0/bin'))
  })

  it('sees through volta, and through a link of sdkman', () => {
    write('.volta/tools/user/platform.json', JSON.stringify({ node: { runtime: '20.0.0', npm: null } }))
    program('.volta/tools/image/node/20.0.0/bin/node')
    program('.volta/bin/node')
    expect(find(['.volta/bin'])('node')?.roots).toEqual([join(home, '.volta/tools/image/node/20.0.0')])
    program('.sdkman/candidates/java/21-tem/bin/java')
    symlinkSync('21-tem', join(home, '.sdkman/candidates/java/current'))
    expect(find(['.sdkman/candidates/java/current/bin'])('java')?.roots).toEqual([
      join(home, '.sdkman/candidates/java/21-tem'),
    ])
  })

  it('never opens the home, ~/.local or another shared folder: a lone program comes alone', () => {
    for (const folder of ['bin', '.local/bin', '.config/x/bin', 'tool']) program(`${folder}/uv`)
    for (const folder of ['bin', '.local/bin']) {
      expect(find([folder])('uv')?.roots).toEqual([join(home, folder, 'uv')])
    }
    expect(find(['.config/x/bin'])('uv')?.roots).toEqual([join(home, '.config/x/bin/uv')])
    expect(find(['tool'])('uv')?.roots).toEqual([join(home, 'tool/uv')])
  })

  it("does not take a package's own programs for the host's", () => {
    program('project/node_modules/.bin/node')
    expect(find(['project/node_modules/.bin'])('node')).toBeUndefined()
  })
})
