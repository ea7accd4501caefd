import { describe, expect, it } from 'vitest'
import { cargoCredential, mavenCredential, npmCredential } from './registry-credentials.ts'

const at = (address: string): URL => new URL(address)
const encoded = (text: string): string => Buffer.from(text).toString('base64')

describe('what tools keep secret for a registry', () => {
  it('npm: the longest address that the registry begins with counts, for no other host or path', () => {
    const file = `//npm.example.org/:_authToken=wide\n//npm.example.org/team/:_authToken=narrow\n`
    const of = (address: string) => npmCredential([file], at(address), {})
    expect(of('https://npm.example.org/team/')).toBe('Bearer narrow')
    expect(of('https://npm.example.org/team')).toBe('Bearer narrow')
    expect(of('https://npm.example.org/teams/')).toBe('Bearer wide')
    expect(of('https://npm.example.org:8443/team/')).toBeUndefined()
    expect(of('https://npm.example.org.evil.example/team/')).toBeUndefined()
  })

  it('npm: a name of the environment is filled in, and one that is not set leaves nothing', () => {
    const file = '//npm.example.org/:_authToken=${NPM_TOKEN}\n'
    const of = (environment: Readonly<Record<string, string>>) =>
      npmCredential([file], at('https://npm.example.org/'), environment)
    expect([of({ NPM_TOKEN: 'x' }), of({})]).toEqual(['Bearer x', undefined])
  })

  it('npm: user and password, and both in one', () => {
    const two = `//a.example.org/:username=me\n//a.example.org/:_password=${encoded('pass')}\n`
    expect(npmCredential([two], at('https://a.example.org/x'), {})).toBe(`Basic ${encoded('me:pass')}`)
    const one = `//a.example.org/:_auth=${encoded('me:pass')}\n`
    expect(npmCredential([undefined, one], at('https://a.example.org/'), {})).toBe(`Basic ${encoded('me:pass')}`)
  })

  it("Maven: the server of the mirror's id, unless its password is encrypted", () => {
    const server = (id: string, password: string) =>
      `<server><id>${id}</id><username>me</username><password>${password}</password></server>`
    const settings = `<servers>${server('a', 'x')}${server('b', '{sealed}')}</servers>`
    expect(mavenCredential(settings, 'a')).toBe(`Basic ${encoded('me:x')}`)
    expect([mavenCredential(settings, 'b'), mavenCredential(settings, 'c')]).toEqual([undefined, undefined])
  })

  it('Cargo: the token of the registry of that name alone', () => {
    const text = '[registries.one]\ntoken = "1"\n\n[registries."two"]\ntoken = "2"\n'
    expect(['one', 'two', 'three'].map((name) => cargoCredential(text, name))).toEqual(['1', '2', undefined])
  })
})
