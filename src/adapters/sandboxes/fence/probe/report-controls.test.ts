import { describe, expect, it } from 'vitest'
import type { AttackReport } from './attacks.ts'
import { reportControls } from './report-controls.ts'

const OWN = { user: 'user:[1]', mnt: 'mnt:[1]', pid: 'pid:[1]', net: 'net:[1]', ipc: 'ipc:[1]', uts: 'uts:[1]' }
const INSIDE = { user: 'user:[2]', mnt: 'mnt:[2]', pid: 'pid:[2]', net: 'net:[2]', ipc: 'ipc:[2]', uts: 'uts:[2]' }
const ZERO = '0000000000000000'

const CONTAINED: AttackReport = {
  namespaces: INSIDE,
  interfaces: ['lo'],
  connected: [],
  written: [],
  read: [],
  first_environment: 'PWD=/\0',
  first_arguments: [],
  control_groups: [],
  processes: 3,
  descriptors: [],
  status: { NoNewPrivs: '1', CapEff: ZERO, CapPrm: ZERO, CapBnd: ZERO, CapAmb: ZERO },
  environment: ['PATH', 'HOME', 'PWD'],
}

const broken = (changes: Partial<AttackReport>, owner = 5000): readonly string[] =>
  reportControls({ ...CONTAINED, ...changes }, { own: OWN, owner, privilege: 'root' })
    .filter(({ held }) => !held)
    .map(({ control }) => control)

describe('reportControls', () => {
  it('holds every control of an attack that reached nothing', () => {
    expect(broken({})).toEqual([])
  })

  it.each<[string, Partial<AttackReport>]>([
    ['namespaces', { namespaces: { ...INSIDE, ipc: 'ipc:[1]' } }],
    ['namespaces', { namespaces: { ...INSIDE, net: '' } }],
    ['namespaces', { processes: 80 }],
    ['no_network', { interfaces: ['lo', 'eth0'] }],
    ['no_network', { connected: ['127.0.0.1:9'] }],
    ['no_new_privileges', { status: { ...CONTAINED.status, NoNewPrivs: '0' } }],
    ['no_new_privileges', { status: { ...CONTAINED.status, CapBnd: '000001ffffffffff' } }],
    ['no_new_privileges', { status: {} }],
    ['read_only_root', { written: ['/etc/gander-probe'] }],
    ['hidden_home', { read: ['/root/.ssh'] }],
    ['environment', { first_environment: 'SECRET=x\0' }],
    ['environment', { environment: ['PATH', 'AWS_SECRET_ACCESS_KEY'] }],
    ['environment', { first_arguments: ['/root/.gander'] }],
    ['control_groups_hidden', { control_groups: ['memory'] }],
    ['descriptors', { descriptors: ['/var/lib/x.db'] }],
  ])('finds %s not held by %o', (control, changes) => {
    expect(broken(changes)).toEqual([control])
  })

  it('finds files of a root worker owned by root of the host, and names no value of a variable', () => {
    expect(broken({}, 0)).toEqual(['own_uid'])
    const controls = reportControls(
      { ...CONTAINED, first_environment: 'SECRET=value\0' },
      { own: OWN, owner: 0, privilege: 'rootless' },
    )
    expect(JSON.stringify(controls)).not.toContain('value')
    expect(controls.find(({ control }) => control === 'own_uid')).toMatchObject({ held: false, required: false })
  })
})
