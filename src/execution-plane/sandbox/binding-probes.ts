import type { Sandbox } from '#ports'

/** One forbidden act, as a line of shell that succeeds only where the act did. */
interface ForbiddenAct {
  /** What is broken where it succeeds. */
  readonly id: string
  /** `$canary` is a readable file of the worker, `$hidden` a folder of it; both are outside. */
  readonly act: string
}

/** Devices and files that lead into the kernel, to read or to write. */
const KERNEL_READ = ['/dev/mem', '/dev/kmsg', '/dev/kvm', '/proc/kcore']
const KERNEL_WRITE = [
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/vm/drop_caches',
  '/proc/sysrq-trigger',
  '/sys/kernel/uevent_helper',
]
const ENGINE_SOCKETS = [
  '/run/docker.sock',
  '/var/run/docker.sock',
  '/run/podman/podman.sock',
  '/run/containerd/containerd.sock',
]
const OUTSIDE = ['/', '/usr', '/etc', '/dev', '/var', '/root']

/** What a run's sandbox must refuse; builtins of a shell only, so that all of them together are one short command. */
export const FORBIDDEN_ACTS: readonly ForbiddenAct[] = [
  { id: 'canary_read', act: 'read -r _ <"$canary"' },
  { id: 'canary_written', act: 'true >>"$canary"' },
  { id: 'worker_folder_seen', act: '[ -e "$hidden" ]' },
  ...OUTSIDE.map((folder) => {
    const path = `${folder === '/' ? '' : folder}/gander-forbidden`
    return { id: `written:${folder}`, act: `true >${path} && rm -f ${path}` }
  }),
  ...KERNEL_READ.map((path) => ({ id: `read:${path}`, act: `true <${path}` })),
  ...KERNEL_WRITE.map((path) => ({ id: `opened:${path}`, act: `true >>${path}` })),
  ...ENGINE_SOCKETS.map((path) => ({ id: `socket:${path}`, act: `[ -e ${path} ]` })),
  { id: 'control_groups', act: '[ -e /sys/fs/cgroup/cgroup.procs ]' },
  {
    id: 'network_interface',
    act: 'while IFS=: read -r name rest; do case "$name" in *lo|*"|"*|"") ;; *) return 0;; esac; done </proc/net/dev; return 1',
  },
  { id: 'network_route', act: '{ read -r _ && read -r _; } </proc/net/route' },
  {
    id: 'foreign_listener',
    act: 'while read -r _ _ _ state _; do [ "$state" = 0A ] && return 0; done </proc/net/tcp; return 1',
  },
  { id: 'foreign_processes', act: 'set -- /proc/[0-9]*; [ $# -gt 12 ]' },
  {
    id: 'privileges',
    act: `while read -r name value; do case "$name:$value" in CapEff::*[!0]*|CapPrm::*[!0]*|CapBnd::*[!0]*|NoNewPrivs::0|Seccomp::0) return 0;; esac; done </proc/self/status; return 1`,
  },
]

/** Raw calls of an attacker by architecture: seize process 1 (which does not stop it), mount, a user namespace, become root. */
const CALLS: Readonly<Record<string, readonly (readonly [id: string, numbers: string])[]>> = {
  x64: [
    ['call:ptrace', '101,16902,1,0,0'],
    ['call:mount', '165,0,0,0,0,0'],
    ['call:unshare', '272,268435456'],
    ['call:setuid', '105,0'],
    ['call:bpf', '321,0,0,0'],
  ],
  arm64: [
    ['call:ptrace', '117,16902,1,0,0'],
    ['call:mount', '40,0,0,0,0,0'],
    ['call:unshare', '97,268435456'],
    ['call:setuid', '146,0'],
    ['call:bpf', '280,0,0,0'],
  ],
}

/** Where the worker is, so that what is inside can be told from it. */
export interface OutsideGround {
  /** Absolute path of a file outside that holds `secret`. */
  readonly canary: string
  readonly hidden: string
  /** Identities of the worker's own namespaces by name, such as `mnt:[4026531841]`. */
  readonly namespaces: Readonly<Record<string, string>>
  readonly architecture: string
}

/** What came of trying. */
export interface BindingReport {
  readonly tried: number
  /** Acts that succeeded. */
  readonly broken: readonly string[]
  /** Why nothing is proved; null where everything was tried. */
  readonly unproven: string | null
  readonly duration_ms: number
}

/**
 * Tries every forbidden act in a sandbox, in one command. A sandbox in which they cannot all be tried is unproven, which
 * is no success. How many processes and how much memory there is at most is what the driver's own probe tries.
 */
export async function probeBinding(sandbox: Sandbox, outside: OutsideGround): Promise<BindingReport> {
  const calls = CALLS[outside.architecture] ?? []
  const spaces = Object.keys(outside.namespaces)
  const result = await sandbox.exec({
    argv: ['sh', '-c', scriptOf(calls, spaces), 'sh', outside.canary, outside.hidden],
    timeout_ms: 10_000,
    output_bytes: 65_536,
    network: { kind: 'none' },
  })
  const lines = result.stdout.split('\n')
  const shared = lines.flatMap((line) => {
    const [, name = '', id = ''] = /^space (\w+) (.*)$/.exec(line) ?? []
    return name !== '' && id === outside.namespaces[name] ? [`namespace:${name}`] : []
  })
  const broken = lines.filter((line) => line.startsWith('broke ')).map((line) => line.slice('broke '.length))
  const finished = result.exit_code === 0 && lines.includes('all tried')
  const seen = lines.filter((line) => line.startsWith('space ')).length === spaces.length
  return {
    tried: FORBIDDEN_ACTS.length + calls.length + spaces.length,
    broken: [...broken, ...shared],
    unproven: finished && seen ? null : `${result.ended_by}, exit ${result.exit_code}: ${result.stderr.slice(0, 300)}`,
    duration_ms: result.duration_ms,
  }
}

/** Each act in a function of its own, and none in a process: forks are most of what this would cost. */
function scriptOf(calls: readonly (readonly [string, string])[], spaces: readonly string[]): string {
  const acts = FORBIDDEN_ACTS.map(({ id, act }) => `act() { ${act}; }; act 2>/dev/null && echo 'broke ${id}'`)
  const raw = calls.map(([id, numbers]) => `${id}=${numbers}`).join(' ')
  const paths = spaces.map((name) => `/proc/self/ns/${name}`).join(' ')
  return [
    'canary=$1 hidden=$2',
    ...acts,
    ...(calls.length === 0 ? [] : [`command -v perl >/dev/null && perl -e '${RAW_CALLS}' ${raw}`]),
    `set -- ${spaces.join(' ')}`,
    `readlink ${paths} | while read -r id; do echo "space $1 $id"; shift; done`,
    "echo 'all tried'",
  ].join('\n')
}

/** A call that gives 0 or more was not refused; each in a process of its own, because one that passes may change it. */
const RAW_CALLS =
  'for(@ARGV){my($i,$n)=split/=/;my @n=map{$_+0}split/,/,$n;my $p=fork;if(!$p){my $r=syscall(shift @n,@n);print "broke $i\\n" if $r>=0;exit}waitpid $p,0}'
