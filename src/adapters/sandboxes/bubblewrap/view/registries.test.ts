import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findRegistryConfiguration, withoutCredentials } from './registries.ts'

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
describe('findRegistryConfiguration', () => {
  it('keeps addresses and drops every credential', () => {
    write(
      '.npmrc',
      'registry=https://u:p@npm.corp:8443/r/\n@team:registry=https://team.corp/\n//npm.corp/:_authToken=SECRET\n',
    )
    write('.config/pip/pip.conf', '[global]\nindex-url = https://u:p@pip.corp/simple\ncert = /x.pem\n')
    write(
      '.m2/settings.xml',
      '<settings><servers><server><password>SECRET</password></server></servers><mirrors><mirror><id>m</id><mirrorOf>*</mirrorOf><url>https://u:p@mvn.corp/all</url></mirror></mirrors></settings>',
    )
    const found = findRegistryConfiguration({ HOME: home })
    expect(found.environment).toMatchObject({
      npm_config_registry: 'https://npm.corp:8443/r/',
      'npm_config_@team:registry': 'https://team.corp/',
      PIP_INDEX_URL: 'https://pip.corp/simple',
    })
    expect(found.own).toEqual(['npm.corp:8443', 'team.corp:443', 'pip.corp:443', 'mvn.corp:443'])
    expect(found.maven_mirrors).toContain('<url>https://mvn.corp/all</url>')
    expect(found.certificate_files).toContain('/x.pem')
    expect(JSON.stringify(found)).not.toMatch(/SECRET|u:p@/)
  })

  it('is empty where nothing is configured, and takes no address but https', () => {
    expect(findRegistryConfiguration({ HOME: home }).own).toEqual([])
    for (const address of ['http://x/', 'file:///x', 'nonsense', ''])
      expect(withoutCredentials(address)).toBeUndefined()
  })
})
