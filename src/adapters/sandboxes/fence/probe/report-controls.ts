import type { ControlProbe } from '#ports'
import type { AttackReport } from './attacks.ts'

interface OutsideView {
  /** Namespaces of this process. */
  readonly own: { readonly [name: string]: string }
  /** Uid on the host of a file that was written inside. */
  readonly owner: number
  readonly privilege: 'root' | 'rootless'
}

const control = (name: string, reached: readonly string[], attack: string, required = true): ControlProbe => ({
  control: name,
  held: reached.length === 0,
  detail: reached.length === 0 ? `${attack}: contained` : `${attack}: reached ${reached.join(', ')}`,
  required,
})

/** Variables a command is meant to have; PWD is bubblewrap's. */
const EXPECTED_VARIABLES = new Set(['PATH', 'HOME', 'LANG', 'TMPDIR', 'USER', 'PWD', 'JAVA_HOME'])

const privileges = (report: AttackReport): readonly string[] => [
  ...(report.status['NoNewPrivs'] === '1' ? [] : ['new privileges']),
  ...(['CapEff', 'CapPrm', 'CapBnd', 'CapAmb'] as const).filter((name) => !/^0+$/.test(report.status[name] ?? '')),
]

/** Judges what the attack program could do. */
export const reportControls = (report: AttackReport, outside: OutsideView): readonly ControlProbe[] => {
  const shared = Object.entries(outside.own)
    .filter(([name, id]) => report.namespaces[name] === id || report.namespaces[name] === '')
    .map(([name]) => name)
  const first = report.first_environment.split('\0').filter((entry) => entry !== '' && entry !== 'PWD=/')
  const surplus = report.environment.filter((name) => !EXPECTED_VARIABLES.has(name))
  return [
    control(
      'namespaces',
      [...shared, ...(report.processes > 8 ? ['processes of the host'] : [])],
      'user, mount, process, network, IPC and host name of the host',
    ),
    control(
      'no_network',
      [...report.interfaces.filter((name) => name !== 'lo'), ...report.connected],
      'host loopback, metadata address, internet',
    ),
    control('no_new_privileges', privileges(report), 'capabilities and privileged programs'),
    control('read_only_root', report.written, 'writing to /, /usr, /etc, /dev, /var and kernel settings'),
    control('hidden_home', report.read, "listing the user's and the platform's folders"),
    control(
      'environment',
      [...first.map((entry) => entry.replace(/=.*/s, '')), ...surplus, ...report.first_arguments],
      "the worker's variables and paths, own and through process 1",
    ),
    control('control_groups_hidden', report.control_groups, 'listing and mounting of control groups'),
    control('descriptors', report.descriptors, 'open files of the worker'),
    outside.privilege === 'root'
      ? control(
          'own_uid',
          outside.owner === 0 ? ['uid 0 of the host'] : [],
          `files written inside belong to host uid ${outside.owner}`,
        )
      : {
          control: 'own_uid',
          held: false,
          detail: `Commands run as host uid ${outside.owner}, the user of Gander itself.`,
          remedy: 'Run Gander as root (in a virtual machine of its own) where runs must not share a uid.',
          required: false,
        },
  ]
}
