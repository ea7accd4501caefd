import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { addressRefusal } from './address-rules.ts'

describe('addressRefusal', () => {
  it.each([
    '127.0.0.1',
    '127.255.0.9',
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '::ffff:0:127.0.0.1',
    'fd00:ec2::254',
    'no address',
    '',
  ])('%s is never dialled, not even for a configured registry', (address) => {
    expect(addressRefusal(address, false)).toBeDefined()
    expect(addressRefusal(address, true)).toBeDefined()
  }) // prettier-ignore

  it.each([
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    'fd12::1',
    '::ffff:10.0.0.1',
    '2002:a00:1::',
  ])('%s is dialled for a configured registry only', (address) => {
    expect(addressRefusal(address, false)).toBe('a private network')
    expect(addressRefusal(address, true)).toBeUndefined()
  })

  it.each(['104.16.0.1', '172.32.0.1', '2606:4700::6810:1', '::ffff:104.16.0.1', '11.0.0.1'])(
    '%s is dialled',
    (address) => {
      expect(addressRefusal(address, false)).toBeUndefined()
    },
  )

  it('an address of this host itself is never dialled', () => {
    const own = Object.values(networkInterfaces())
      .flatMap((entries) => entries ?? [])
      .map(({ address }) => address)
    expect(own.length).toBeGreaterThan(0)
    for (const address of own) expect(addressRefusal(address, true), address).toBeDefined()
  })
})
