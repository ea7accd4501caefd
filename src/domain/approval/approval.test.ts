import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { RunId } from '../ids/index.ts'
import { approvalFingerprint, createPeople, isComplete, isSimilar, stillMissing } from './index.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('the fingerprint of a request', () => {
  const asked = { run: 'run_1' as RunId, action: 'pull_request.open', subject: ['a', 'b'], policy_version: 'p' }
  const print = (more: object) => approvalFingerprint(sha256, { ...asked, tree: 't', nonce: 'n', ...more })

  it('AP-02 is another for another run, act, subject, tree, policy or nonce, and the same for another order', () => {
    expect(print({ subject: ['b', 'a'] })).toBe(print({}))
    const others = [
      { run: 'run_2' },
      { action: 'branch.push' },
      { subject: ['a'] },
      { subject: ['a,b'] },
      { tree: 'u' },
      { policy_version: 'q' },
      { nonce: 'm' },
    ]
    expect(new Set([print({}), ...others.map(print)]).size).toBe(others.length + 1)
  })
})

describe('who stands behind a name', () => {
  const people = createPeople({ ada: ['ada-admin', 'ada@example.org'], grace: ['ghopper'], twin: ['ghopper', 'g2'] })

  it('AP-06 is one person for all their accounts, however they are spelt, and for links that meet', () => {
    expect(people.isSame('ada', 'ADA-admin')).toBe(true)
    expect(people.isSame('ａda@example.org', 'ada')).toBe(true)
    expect(people.isSame('grace', 'g2')).toBe(true)
    expect(people.personOf('unknown', 'ada-admin')).toBe(people.personOf('ada'))
  })

  it('AP-06 stays two people where nothing links them', () => {
    expect(people.isSame('ada', 'grace')).toBe(false)
    expect(people.isSame('linus', 'adam')).toBe(false)
  })
})

describe('a quorum', () => {
  const two = [{ kind: 'security_owner', quorum: 2 }] as const
  const vote = (person: string, ...serves: ('security_owner' | 'code_owner')[]) => ({ person, by: person, serves })

  it('AP-06 counts people, not answers', () => {
    expect(isComplete(two, [vote('ada', 'security_owner'), vote('ada', 'security_owner')])).toBe(false)
    expect(isComplete(two, [vote('ada', 'security_owner'), vote('grace', 'security_owner')])).toBe(true)
  })

  it('tells what each kind still lacks, and lets one person serve several kinds', () => {
    const needs = [...two, { kind: 'code_owner', quorum: 1 }] as const
    const one = [vote('ada', 'security_owner', 'code_owner')]
    expect(stillMissing(needs, one)).toEqual([{ kind: 'security_owner', quorum: 2, have: 1 }])
    expect(isComplete([], [])).toBe(false)
    expect(isComplete([], one)).toBe(true)
  })
})

describe('a question that was refused before', () => {
  const leave = (...subject: string[]) => ({ action: 'file.write', subject })

  it.each([
    [['.github/workflows/ci.yml'], ['./.GitHub/workflows//CI.yml']],
    [['.github/workflows/ci.yml'], ['.github/workflows/ci2.yml']],
    [['packages.example.org'], ['packages.example.org.', 'docs.example.org']],
    [['src/auth/login.ts'], ['src/auth/l\u200bogin.ts']],
  ])('AP-09 is known again as %j in %j', (one, other) => {
    expect(isSimilar(leave(...one), leave(...other))).toBe(true)
  })

  it.each([
    [['.github/workflows/ci.yml'], ['package-lock.json']],
    [['packages.example.org'], ['registry.example.com']],
    [['src/auth/login.ts'], ['docs/guide.md']],
  ])('AP-09 is not mistaken for another one: %j and %j', (one, other) => {
    expect(isSimilar(leave(...one), leave(...other))).toBe(false)
  })

  it('AP-09 is another one for another act', () => {
    expect(isSimilar({ action: 'egress.connect', subject: ['a.org'] }, leave('a.org'))).toBe(false)
  })
})
