import { SYSTEM_CALLS, type Architecture } from '../seccomp/system-calls.ts'

/** What the attack program found; every field is what it could do or see. */
export interface AttackReport {
  readonly namespaces: { readonly [name: string]: string }
  readonly interfaces: readonly string[]
  readonly connected: readonly string[]
  readonly written: readonly string[]
  readonly read: readonly string[]
  readonly first_environment: string
  /** Of the hidden paths, those that process 1 names in its arguments. */
  readonly first_arguments: readonly string[]
  /** Control groups that are mounted or can be listed. */
  readonly control_groups: readonly string[]
  readonly processes: number
  readonly descriptors: readonly string[]
  readonly status: { readonly [name: string]: string }
  readonly environment: readonly string[]
}

/**
 * Runs inside under node; plain CommonJS. Its argument is JSON: `port` of a listener on the host's loopback and `hidden`
 * host paths that must not be seen. Prints one AttackReport.
 */
export const ATTACK_PROGRAM = `
const fs = require('node:fs'), net = require('node:net'), os = require('node:os')
const targets = JSON.parse(process.argv[1])
const attempt = (act) => { try { return act() } catch { return undefined } }
const namespaces = {}
for (const name of ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup']) namespaces[name] = attempt(() => fs.readlinkSync('/proc/self/ns/' + name)) ?? ''
const written = ['/gander-probe', '/usr/gander-probe', '/etc/gander-probe', '/dev/gander-probe', '/var/gander-probe', '/root/gander-probe']
  .filter((path) => attempt(() => (fs.writeFileSync(path, 'x'), true)))
for (const path of ['/proc/sys/kernel/core_pattern', '/proc/sys/vm/drop_caches', '/proc/sysrq-trigger'])
  if (attempt(() => (fs.closeSync(fs.openSync(path, 'r+')), true))) written.push(path)
const read = targets.hidden.filter((path) => attempt(() => fs.readdirSync(path).length > 0))
const status = {}
for (const line of fs.readFileSync('/proc/self/status', 'utf8').split('\\n')) { const [name, value] = line.split(':\\t'); if (value !== undefined) status[name] = value.trim() }
fs.writeFileSync('/workspace/gander-probe', 'x')
const connect = (host, port) => new Promise((resolve) => {
  const socket = net.connect({ host, port, timeout: 500 })
  const done = (ok) => { socket.destroy(); resolve(ok ? [host + ':' + port] : []) }
  socket.on('connect', () => done(true)).on('error', () => done(false)).on('timeout', () => done(false))
})
Promise.all([connect('127.0.0.1', targets.port), connect('169.254.169.254', 80), connect('1.1.1.1', 443)]).then((results) => {
  const descriptors = fs.readdirSync('/proc/self/fd').filter((fd) => Number(fd) > 2)
    .map((fd) => attempt(() => fs.readlinkSync('/proc/self/fd/' + fd))).filter((to) => to && !/^(anon_inode|\\/dev\\/null|\\/proc\\/|pipe:|socket:)/.test(to))
  process.stdout.write(JSON.stringify({
    namespaces, written, read, status, descriptors,
    interfaces: Object.keys(os.networkInterfaces()),
    connected: results.flat(),
    first_arguments: targets.hidden.filter((path) => fs.readFileSync('/proc/1/cmdline', 'latin1').replace(process.argv[1], '').includes(path)),
    control_groups: [...(attempt(() => fs.readdirSync('/sys/fs/cgroup')) ?? []), ...fs.readFileSync('/proc/self/mountinfo', 'latin1').split('\\n').filter((line) => / - cgroup2? /.test(line))],
    first_environment: fs.readFileSync('/proc/1/environ', 'latin1'),
    processes: fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length,
    environment: Object.keys(process.env),
  }))
})
`

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
const CLONE_NEWUSER = 0x1000_0000
const TIOCSTI = 0x5412
const X32_GETPID = 0x4000_0000 + 39

/** A raw system call and the error number it has to end in. */
export interface CallAttack {
  readonly name: string
  readonly numbers: readonly number[]
  readonly errno: number
}

/** Sockets that lead past a network namespace or into the kernel: family, type, protocol. */
const SOCKETS: { readonly [name: string]: readonly [number, number, number] } = {
  'vsock socket': [40, 1, 0],
  'packet socket': [17, 3, 0],
  'kernel crypto socket': [38, 5, 0],
  'audit netlink socket': [16, 3, 9],
  'bluetooth socket': [31, 3, 1],
}

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

/** Calls that are refused by their number alone. */
const REFUSED = words(`
  ptrace process_vm_readv kcmp pidfd_getfd perf_event_open userfaultfd bpf
  mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount mount_setattr
  keyctl add_key request_key setns open_by_handle_at init_module kexec_load reboot
  clock_settime settimeofday sethostname syslog acct swapon`)

/** Calls an attacker would start from. */
export const callAttacks = (architecture: Architecture): readonly CallAttack[] => {
  const calls = SYSTEM_CALLS[architecture]
  const absent = { io_uring_setup: 425, io_uring_enter: 426, io_uring_register: 427, clone3: 435 }
  return [
    ...Object.entries(SOCKETS).map(([name, numbers]) => ({
      name,
      numbers: [calls.socket, ...numbers],
      errno: EAFNOSUPPORT,
    })),
    ...Object.entries(absent).map(([name, number]) => ({ name, numbers: [number, 1, 0], errno: ENOSYS })),
    ...(architecture === 'x64' ? [{ name: 'x32 calls', numbers: [X32_GETPID], errno: ENOSYS }] : []),
    { name: 'unshare', numbers: [calls.refused['unshare'] ?? 0, CLONE_NEWUSER], errno: EPERM },
    { name: 'terminal input (TIOCSTI)', numbers: [calls.ioctl, 0, TIOCSTI, 0], errno: EPERM },
    ...REFUSED.map((name) => ({ name, numbers: [calls.refused[name] ?? -1, 0, 0, 0, 0], errno: EPERM })),
  ]
}

const PERL = '$!=0;for(@ARGV){my @n=map{$_+0}split/,/;$!=0;my $r=syscall(shift @n,@n);print "$r ",$!+0,"\\n"}'
const PYTHON = `import ctypes,sys
c=ctypes.CDLL(None,use_errno=True)
for a in sys.argv[1:]:
    ctypes.set_errno(0)
    r=c.syscall(*[ctypes.c_long(int(n)) for n in a.split(',')])
    print(r,ctypes.get_errno())`

/** Command lines that make raw calls, one per interpreter that can. */
export const callPrograms = (attacks: readonly CallAttack[]): readonly (readonly string[])[] => {
  const calls = attacks.map((attack) => attack.numbers.join(','))
  return [
    ['perl', '-e', PERL, '--', ...calls],
    ['python3', '-I', '-c', PYTHON, ...calls],
  ]
}
