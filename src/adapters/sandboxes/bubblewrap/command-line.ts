import { existsSync, lstatSync, readlinkSync } from 'node:fs'
import { dirname, posix } from 'node:path'
import type { SandboxLimits } from '#ports'
import { STAGE } from './holder.ts'
import type { HostPrograms } from './host-programs.ts'
import { INNER_USER } from './view/system-folder.ts'

/** What every command of one sandbox sees, decided when it is opened. */
export interface InnerView {
  readonly programs: HostPrograms
  readonly privilege: 'root' | 'rootless'
  readonly uid: number
  readonly gid: number
  readonly holder_pid: number
  readonly limits: SandboxLimits
  /** PATH inside. */
  readonly path: string
  /** Variables every command gets, beside PATH, HOME, LANG and TMPDIR. */
  readonly environment: { readonly [name: string]: string }
  /** Toolchains and read-only views: where they are seen, and where they are taken from in the holder's namespace. */
  readonly tools: readonly { readonly from: string; readonly at: string }[]
  /** Gander's own node in the holder's namespace, for the bridge of a command with doors. */
  readonly bridge_node: string
  /** Parts of the host's /etc. */
  readonly shown: readonly string[]
  /** Folders of control groups a command joins. */
  readonly cgroups: readonly string[]
  /** Without control groups each process is limited by itself. */
  readonly limit_each_process: boolean
  /** Files made in setup may be changed by the uids of later sandboxes. */
  readonly umask: '000' | '022'
}

/** What one command adds. */
export interface CommandShape {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: { readonly [name: string]: string }
  /** More binds: taken from the holder's namespace, read-only unless said. */
  readonly binds: readonly { readonly from: string; readonly at: string }[]
}

const SYSTEM_LINKS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']

/** /bin and kin are links into /usr on merged systems and folders of their own elsewhere. */
const systemRoots = (): readonly string[] =>
  SYSTEM_LINKS.filter((path) => existsSync(path)).flatMap((path) =>
    lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path],
  )

const SYSTEM_ROOTS = systemRoots()

/** Folders above a path, outermost first, each made open: bubblewrap's own implied parents are closed to the user. */
const parents = (path: string, made: Set<string>): readonly string[] => {
  const above: string[] = []
  for (let folder = dirname(path); folder !== '/' && !made.has(folder); folder = dirname(folder)) {
    above.unshift(folder)
    made.add(folder)
  }
  return above.flatMap((folder) => ['--perms', '0755', '--dir', folder])
}

const boundAt = (
  binds: readonly { readonly from: string; readonly at: string }[],
  made: Set<string>,
): readonly string[] => binds.flatMap(({ from, at }) => [...parents(at, made), '--ro-bind', from, at])

const SHARED_MEMORY_BYTES = 256 * 1024 ** 2
const temporaryBytes = (limits: SandboxLimits): string => String(Math.min(limits.memory_bytes, limits.upper_bytes))

const words = (text: string): readonly string[] => text.split(' ')

const NAMESPACES = words(
  `--unshare-user --unshare-all --disable-userns --cap-drop ALL --new-session --die-with-parent --clearenv --uid ${INNER_USER.uid} --gid ${INNER_USER.gid} --hostname gander`,
)

const fileSystem = (view: InnerView, shape: CommandShape): readonly string[] => {
  const made = new Set(['/usr', '/etc', '/run', '/home', '/var', '/proc', '/dev', '/tmp'])
  const shared = String(Math.min(SHARED_MEMORY_BYTES, view.limits.memory_bytes))
  return [
    ['--ro-bind', '/usr', '/usr', ...SYSTEM_ROOTS],
    ['--ro-bind', `${STAGE}/etc`, '/etc', ...view.shown.flatMap((path) => ['--ro-bind', path, path])],
    words('--perms 0755 --dir /run --perms 0755 --dir /home --perms 0755 --dir /var --symlink /tmp /var/tmp'),
    words('--proc /proc --dev /dev'),
    ['--perms', '1777', '--size', shared, '--tmpfs', '/dev/shm'],
    ['--perms', '1777', '--size', temporaryBytes(view.limits), '--tmpfs', '/tmp'],
    boundAt(view.tools, made),
    boundAt(shape.binds, made),
    ['--bind', `${STAGE}/merged`, '/workspace', '--bind', `${STAGE}/agent`, INNER_USER.home],
    words('--remount-ro /dev --remount-ro /'),
    ['--chdir', posix.join('/workspace', shape.cwd)],
  ].flat()
}

/** Arguments of bubblewrap for one command, for `--args`: they never show in a process list. */
export const bubblewrapArguments = (
  view: InnerView,
  shape: CommandShape,
  fds: { readonly seccomp: number; readonly report: number },
): readonly string[] => {
  const environment = {
    PATH: view.path,
    HOME: INNER_USER.home,
    LANG: 'C.UTF-8',
    TMPDIR: '/tmp',
    USER: INNER_USER.name,
    ...view.environment,
    ...shape.env,
  }
  return [
    NAMESPACES,
    fileSystem(view, shape),
    Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ['--seccomp', String(fds.seccomp), '--json-status-fd', String(fds.report)],
  ].flat()
}

/**
 * Joins the control groups or fails: a command never runs without the limits its sandbox was opened with. Where a thread
 * can join by itself (version 1), it writes 0, for itself: the kernel then need not wait for every other process to
 * stand still, which took 12.7 ms a command (0.6 ms now; two loaded cores). A shell has one thread, and its `echo` is built in; the
 * probe, which attacks each limit, would show one where it is not.
 */
const LAUNCH = `umask "$1"; ulimit -c 0
[ "$2" = 0 ] || ulimit -d "$2"
n=$3; shift 3
while [ "$n" -gt 0 ]; do
  if [ -e "$1/tasks" ]; then echo 0 >"$1/tasks"; else echo $$ >"$1/cgroup.procs"; fi || exit 125
  shift; n=$((n - 1))
done
exec "$@"`

/** The whole command line on the host: limits, the holder's namespaces, the run's uid, then bubblewrap. */
export const launchArguments = (view: InnerView, argv: readonly string[], args_fd: number): readonly string[] => {
  const { programs, uid, gid } = view
  const data_limit_kib = view.limit_each_process ? Math.floor(view.limits.memory_bytes / 1024) : 0
  const target = [programs.nsenter, '--target', String(view.holder_pid), '--mount']
  const enter =
    view.privilege === 'root'
      ? [
          ...target,
          '--',
          programs.setpriv,
          ...words(`--reuid ${uid} --regid ${gid}`),
          ...words('--clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all --'),
        ]
      : [...target, '--user', '--preserve-credentials', '--']
  // A count per user and namespace: inside the command's own user namespace it counts its own processes only.
  const processes = `--nproc=${view.limits.pids}:${view.limits.pids}`
  const count = view.limit_each_process ? [programs.prlimit, processes, '--'] : []
  return [
    ['-c', LAUNCH, 'sandbox', view.umask, String(data_limit_kib), String(view.cgroups.length), ...view.cgroups],
    enter,
    [programs.bwrap, '--args', String(args_fd), '--', ...count, ...argv],
  ].flat()
}
