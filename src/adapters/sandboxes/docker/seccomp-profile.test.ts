import { describe, expect, it } from 'vitest'
import { seccompProfile } from './seccomp-profile.ts'

describe('the system-call filter of containers', () => {
  it.each(['x64', 'arm64'] as const)(
    'names for %s what reaches for the kernel, and kills other architectures',
    (architecture) => {
      const text = JSON.stringify(seccompProfile(architecture))
      for (const name of [
        'ptrace',
        'mount',
        'keyctl',
        'bpf',
        'unshare',
        'setns',
        'io_uring_setup',
        'open_by_handle_at',
      ])
        expect(text).toContain(`"${name}"`)
      expect(seccompProfile(architecture)).toMatchObject({
        defaultAction: 'SCMP_ACT_ALLOW',
        architectures: [architecture === 'x64' ? 'SCMP_ARCH_X86_64' : 'SCMP_ARCH_AARCH64'],
      })
    },
  )

  it('refuses every socket family but unix, internet and the routing part of netlink', () => {
    const { syscalls } = seccompProfile('x64')
    const families = syscalls
      .filter((rule) => rule.names.includes('socket') && rule.args?.length === 1)
      .flatMap((rule) => rule.args?.filter((each) => each.op === 'SCMP_CMP_EQ').map((each) => each.value) ?? [])
    expect(families).toContain(40)
    expect([1, 2, 10, 16].filter((family) => families.includes(family))).toEqual([])
  })
})
