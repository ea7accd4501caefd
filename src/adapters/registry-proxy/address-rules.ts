import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Never dialled for anyone: this host itself, link-local (cloud metadata), unspecified, multicast, reserved. */
const FORBIDDEN_V4 = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '224.0.0.0/4', '240.0.0.0/4']
const FORBIDDEN_V6 = [
  '::/128',
  '::1/128',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
  'fd00:ec2::/32',
  '2001::/32',
  '100::/64',
]

/** Networks inside a company: dialled only for a registry that the host's own configuration names. */
const PRIVATE_V4 = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15']
const PRIVATE_V6 = ['fc00::/7']

const blockList = (v4: readonly string[], v6: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const [ranges, family] of [
    [v4, 'ipv4'],
    [v6, 'ipv6'],
  ] as const) {
    for (const range of ranges) {
      const [network, prefix] = range.split('/')
      list.addSubnet(network ?? '', Number(prefix), family)
    }
  }
  return list
}

const FORBIDDEN = blockList(FORBIDDEN_V4, FORBIDDEN_V6)
const PRIVATE = blockList(PRIVATE_V4, PRIVATE_V6)

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')

const hexPair = (high = '0', low = '0'): string => ((Number(high) << 8) | Number(low)).toString(16)

/** The eight groups of an IPv6 address; undefined for what is none. */
const groups = (address: string): readonly number[] | undefined => {
  const plain = address.replace(/%.*$/, '')
  const tail_v4 = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain)
  const bare =
    tail_v4 === null
      ? plain
      : `${plain.slice(0, tail_v4.index)}${hexPair(tail_v4[1], tail_v4[2])}:${hexPair(tail_v4[3], tail_v4[4])}`
  const [left = '', right] = bare.split('::')
  const parse = (text: string): readonly number[] =>
    text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16))
  const head = parse(left)
  const tail = right === undefined ? [] : parse(right)
  const fill = right === undefined ? 0 : 8 - head.length - tail.length
  const all = [...head, ...Array.from({ length: Math.max(fill, 0) }, () => 0), ...tail]
  return all.length === 8 && all.every((group) => group >= 0 && group <= 0xffff) ? all : undefined
}

/** The IPv4 address that an IPv6 one carries (mapped, compatible, NAT64, 6to4); undefined where it carries none. */
const carried = (address: string): string | undefined => {
  const g = groups(address)
  if (g === undefined) return undefined
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, h = 0, i = 0] = g
  const zero_to_e = a === 0 && b === 0 && c === 0 && d === 0 && e === 0
  if (zero_to_e && (f === 0xffff || f === 0) && (h !== 0 || i > 1)) return dotted(h, i)
  if (a === 0 && b === 0 && c === 0 && d === 0 && e === 0xffff && f === 0) return dotted(h, i)
  if (a === 0x64 && b === 0xff9b) return dotted(h, i)
  if (a === 0x2002) return dotted(b, c)
  return undefined
}

/** Why an address may not be dialled, or undefined where it may. */
export const addressRefusal = (address: string, may_be_private: boolean): string | undefined => {
  const inner = isIPv6(address) ? carried(address) : undefined
  if (inner !== undefined) return addressRefusal(inner, may_be_private)
  if (!isIPv4(address) && !isIPv6(address)) return 'not an address'
  const bare = address.replace(/%.*$/, '')
  const family = isIPv4(bare) ? 'ipv4' : 'ipv6'
  if (FORBIDDEN.check(bare, family)) return 'loopback, link-local or reserved'
  if (!may_be_private && PRIVATE.check(bare, family)) return 'a private network'
  const own = Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .map((entry) => entry.address)
  return own.includes(bare) ? 'this host itself' : undefined
}
