import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { readMachineConfiguration } from './machine-configuration.ts'

const made: string[] = []
afterEach(() => made.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** Reads a home with these files; `maven/` is an installation of Maven. */
const read = (files: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}) => {
  const home = mkdtempSync(join(tmpdir(), 'gander-machine-'))
  made.push(home)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  return readMachineConfiguration({ HOME: home, MAVEN_HOME: join(home, 'maven'), ...environment })
}
const mirror = (id: string, url: string, more = '') =>
  `<mirror><id>${id}</id><mirrorOf>*</mirrorOf><url>${url}</url>${more}</mirror>`

describe('what the user of the machine has configured', () => {
  it('mirrors of the user and of the installation count, blocked ones and servers do not', () => {
    const { maven_mirrors, registries } = read({
      '.m2/settings.xml': `<settings><!-- ${mirror('old', 'https://old.example.org/')} --><mirrors>${mirror('own', 'https://me:s3cret@maven.example.org/m2')}</mirrors></settings>`,
      'maven/conf/settings.xml': `<settings><mirrors>${mirror('all', 'https://all.example.org/m2')}${mirror('no', 'http://0.0.0.0/', '<blocked>true</blocked>')}</mirrors></settings>`,
    })
    expect(maven_mirrors).toBe(
      '<mirror><id>own</id><mirrorOf>*</mirrorOf><url>https://maven.example.org/m2</url></mirror>' +
        '<mirror><id>all</id><mirrorOf>*</mirrorOf><url>https://all.example.org/m2</url></mirror>',
    )
    expect(registries.map(({ url, authorization }) => [url.hostname, authorization !== undefined])).toEqual([
      ['maven.example.org', true],
      ['all.example.org', false],
    ])
  })

  it('pip is told to trust a plain registry by host and port, and no other', () => {
    const plain = read({}, { PIP_INDEX_URL: 'http://pip.example.org:8081/simple/' })
    expect(plain.environment['PIP_TRUSTED_HOST']).toBe('pip.example.org:8081')
    const secure = read({}, { PIP_INDEX_URL: 'https://pip.example.org/simple/' })
    expect(secure.environment['PIP_TRUSTED_HOST']).toBeUndefined()
  })

  it('no variable and no file for the inside holds what is secret', () => {
    const found = read({
      '.npmrc':
        'registry=https://npm.example.org/\n//npm.example.org/:_authToken=s3cret\n@team:registry=https://me:s3cret@team.example.org/\n',
      '.cargo/config.toml':
        '[registries.own]\nindex = "sparse+https://me:s3cret@cargo.example.org/"\ntoken = "s3cret"\n',
      '.cargo/credentials.toml': '[registries.own]\ntoken = "s3cret"\n',
      '.config/go/env': 'GOPROXY=https://me:s3cret@go.example.org\n',
    })
    expect(JSON.stringify([found.environment, found.cargo, found.maven_mirrors])).not.toContain('s3cret')
    expect(found.registries.filter(({ authorization }) => authorization === undefined)).toEqual([])
    expect(found.environment).toMatchObject({ 'npm_config_@team:registry': 'https://team.example.org/' })
    expect(found.cargo).toBe('[registries.own]\nindex = "sparse+https://cargo.example.org/"\n')
  })
})
