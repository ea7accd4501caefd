import { describe, expect, it } from 'vitest'
import { GanderError } from '#domain/failure'
import { DEFAULT_SANDBOX_PROFILE } from '#domain/sandbox'
import { limitsOf, narrowed, readSandboxProfile, sealSandboxProfile } from './index.ts'

const read = (source: string) => {
  const result = readSandboxProfile(source, 'x.yaml')
  if (!result.ok) throw new Error(result.refusal.message)
  return result.value
}
const refusal = (source: string) => {
  const result = readSandboxProfile(source, 'x.yaml')
  return result.ok ? undefined : result.refusal.message
}

describe('a sandbox profile', () => {
  it('that says nothing is the built-in one', () => {
    expect(read('')).toEqual(sealSandboxProfile(DEFAULT_SANDBOX_PROFILE))
  })

  it('says sizes as people do, and its figures reach the driver', () => {
    const profile = read('resources: {cpus: 4, memory: 8Gi, pids: 99, upper: 512Mi}')
    expect(limitsOf(profile)).toMatchObject({
      cpus: 4,
      memory_bytes: 8 * 1024 ** 3,
      pids: 99,
      upper_bytes: 512 * 1024 ** 2,
    })
  })

  it('with 0 or an empty list means none, not the default', () => {
    const profile = read('{filesystem: {writable_paths: []}, packages: {budget: {bytes: 0}}, resources: {pids: 0}}')
    expect(profile.filesystem.writable_paths).toEqual([[]])
    expect(profile.packages.budget).toEqual({ requests: 20_000, bytes: 0, misses: 200 })
    expect(profile.resources.pids).toBe(0)
  })

  it('has another version when anything that decides is another, and the same for another name', () => {
    expect(read('id: other').version).toBe(read('').version)
    expect(read('network: {ask: false}').version).not.toBe(read('').version)
  })

  const WRONG: readonly (readonly [what: string, source: string, says: RegExp])[] = [
    ['an unknown field', 'netwrok: {}', /netwrok \(line 1\) is no known field; did you mean network/],
    ['a secret', 'secrets: [TOKEN]', /secrets/],
    ['an address as a host', 'network: {allowlist: [10.0.0.1]}', /must be a host name/],
    ['a path outside', 'filesystem: {writable_paths: [../x]}', /inside the repository/],
    ['a negative figure', 'resources: {pids: -1}', /resources\.pids/],
    ['no YAML', 'a: [', /line/],
  ]
  it.each(WRONG)('with %s is refused and the refusal says where', (_, source, says) => {
    expect(refusal(source)).toMatch(says)
  })
})

describe("a repository's own profile", () => {
  const operator = read('{network: {allowlist: [a.example.org, b.example.org], ask: false}, resources: {pids: 100}}')
  const strict = read('network: {allowlist: [b.example.org]}\nresources: {pids: 10}\npackages: {install_scripts: true}')
  const find = async (name: string) => {
    if (name === 'strict') return strict
    throw new GanderError('sandbox_profile_invalid', `There is no sandbox profile ${name}.`)
  }
  const narrow = (source: string) => narrowed(operator, { source, path: '.gander/sandbox.yaml' }, find)
  const own = async (source: string) => {
    const result = await narrow(source)
    if (!result.ok) throw new Error(result.refusal.message)
    return result.value
  }

  it('that asks for more gets no more', async () => {
    const more =
      'network: {allowlist: [c.example.org], ask: true}\nresources: {pids: 5000}\npackages: {install_scripts: true}'
    expect(await own(more)).toMatchObject({
      network: { allowlist: [], ask: false },
      resources: { pids: 100 },
      packages: { install_scripts: false },
    })
  })

  it('that asks for less gets less, and what it leaves out stays', async () => {
    expect(await own('{resources: {pids: 20}, filesystem: {writable_paths: [src/**]}}')).toMatchObject({
      resources: { pids: 20, cpus: 2 },
      network: { allowlist: ['a.example.org', 'b.example.org'] },
      filesystem: { writable_paths: [['**'], ['src/**']] },
    })
    expect((await own('')).version).toBe(operator.version)
  })

  it('is held to the operator profile that it names, which gives it nothing that it had not', async () => {
    expect(await own('sandbox_profile: strict')).toMatchObject({
      network: { allowlist: ['b.example.org'], ask: false },
      resources: { pids: 10, cpus: 2 },
      packages: { install_scripts: false },
    })
  })

  it('that names a profile nobody has is refused, and so is an operator profile that names another', async () => {
    expect(await narrow('sandbox_profile: nowhere')).toMatchObject({
      ok: false,
      refusal: { message: expect.stringMatching(/sandbox_profile: There is no sandbox profile nowhere/) },
    })
    expect(refusal('sandbox_profile: strict')).toMatch(/only a repository/)
  })
})
