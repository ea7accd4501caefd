import { describe, expect, it } from 'vitest'
import { readSignInRules } from './read-sign-in-rules.ts'

const said = { issuer: 'https://id.example.org', client_id: 'gander' }

describe('the rules of signing in', () => {
  it('are what flags say where there is no file, and open nothing by groups', () => {
    expect(readSignInRules(undefined, said)).toMatchObject({
      ok: true,
      value: { ...said, groups: [], audience: null, tenant_id: 'ten_local', groups_claim: 'groups' },
    })
  })

  it('come from the file, and a flag is heard before it', () => {
    const file = 'issuer: https://a.example.org\nclient_id: x\ngroups:\n  - { group: dev, role: operator }\n'
    expect(readSignInRules(file, {})).toMatchObject({
      ok: true,
      value: { issuer: 'https://a.example.org', groups: [{ group: 'dev', role: 'operator', repository: null }] },
    })
    expect(readSignInRules(file, said)).toMatchObject({ ok: true, value: said })
  })

  it.each([
    ['issuer: http://id.example.org\nclient_id: x\n', 'https'],
    ['issuer: https://u@id.example.org\nclient_id: x\n', 'https'],
    ['client_id: x\n', 'issuer'],
    ['issuer: https://a.example.org\nclient_id: x\ngroups:\n  - { group: a, role: king }\n', 'role'],
    ['surprise: 1\n', 'surprise'],
    ['{', 'line'],
  ])('are refused where they do not hold: %j', (file, named) => {
    const read = readSignInRules(file, {})
    expect(read.ok ? '' : read.refusal).toContain(named)
  })
})
