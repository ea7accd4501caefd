/** What is said about a command by its name and, where given, its words. */
export interface CommandRule {
  readonly rule: string
  /** Names without folder; a trailing `*` stands for any ending. */
  readonly commands: readonly string[]
  /** The rule speaks only where the first operand is one of these. Absent: always. */
  readonly operands?: readonly string[]
  /** The rule speaks only where one of these options is given (`-c`, `--exec-path` with or without `=`). Absent: always. */
  readonly options?: readonly string[]
  readonly why: string
  readonly instead: string
}

const OFFLINE = 'The sandbox has no network.'

/** Commands that fetch from elsewhere: what they print is a remote script when it is run. */
export const FETCHERS = [
  'curl',
  'wget',
  'wget2',
  'aria2c',
  'http',
  'https',
  'xh',
  'fetch',
  'lynx',
  'ftp',
  'lwp-request',
] as const

/** Commands that turn text into other text that hides what it is. */
export const DECODERS = ['base64', 'base32', 'xxd', 'uudecode', 'openssl'] as const

/** Commands that run what they read. */
export const INTERPRETERS = [
  'sh',
  'bash',
  'dash',
  'zsh',
  'ksh',
  'ash',
  'fish',
  'csh',
  'tcsh',
  'python*',
  'node',
  'nodejs',
  'deno',
  'bun',
  'perl',
  'ruby',
  'php',
  'eval',
  'source',
  '.',
] as const

/** Shells, whose `-c` text is read by the same rules. */
export const SHELLS = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'ash', 'fish', 'csh', 'tcsh', 'rbash'] as const

/** A command that runs the rest of its words. */
export interface Wrapper {
  readonly commands: readonly string[]
  /** Options that take the next word as their value. */
  readonly valued: readonly string[]
  /** Words of its own before the command, such as the duration of `timeout`. Absent: none. */
  readonly own_words?: number
  /** True where `NAME=value` words come before the command. Absent: no. */
  readonly assigns?: boolean
}

export const WRAPPERS: readonly Wrapper[] = [
  { commands: ['env'], valued: ['-u', '--unset', '-C', '--chdir'], assigns: true },
  { commands: ['timeout'], valued: ['-s', '--signal', '-k', '--kill-after'], own_words: 1 },
  { commands: ['flock'], valued: ['-w', '--timeout', '-E'], own_words: 1 },
  { commands: ['nice'], valued: ['-n', '--adjustment'] },
  { commands: ['ionice'], valued: ['-c', '-n', '-p'] },
  { commands: ['stdbuf'], valued: ['-i', '-o', '-e'] },
  { commands: ['time'], valued: ['-f', '-o'] },
  { commands: ['exec'], valued: ['-a'] },
  { commands: ['watch'], valued: ['-n', '--interval'] },
  { commands: ['strace', 'ltrace'], valued: ['-o', '-e', '-s'] },
  {
    commands: ['xargs'],
    valued: ['-a', '-d', '-E', '-I', '-L', '-n', '-P', '-s', '--max-args', '--max-procs', '--delimiter'],
  },
  {
    commands: ['ld-linux*', 'ld-musl*'],
    valued: ['--library-path', '--preload', '--argv0', '--inhibit-rpath', '--audit'],
  },
  { commands: ['nohup', 'setsid', 'command', 'builtin', 'busybox', 'toybox', 'chronic', 'unbuffer'], valued: [] },
]

/** The command profile of runs, as data: what is denied, why, and what to do instead. */
export const COMMAND_RULES: readonly CommandRule[] = [
  {
    rule: 'shell.network',
    commands: [
      ...FETCHERS,
      'nc',
      'ncat',
      'netcat',
      'telnet',
      'ssh',
      'scp',
      'sftp',
      'socat',
      'mosh',
      'nslookup',
      'dig',
      'ping',
    ],
    why: OFFLINE,
    instead: 'Use what is in the repository and what its setup installed.',
  },
  {
    rule: 'shell.git_remote',
    commands: ['git'],
    operands: ['push', 'send-pack', 'send-email', 'request-pull', 'remote-http', 'remote-https', 'http-push'],
    why: 'A run never pushes; the platform makes the commit and the pull request from the tree you leave.',
    instead: 'Change the files, check with verify, and call finish.',
  },
  {
    rule: 'shell.git_fetch',
    commands: ['git'],
    operands: ['clone', 'fetch', 'pull', 'ls-remote', 'fetch-pack', 'lfs'],
    why: OFFLINE,
    instead: 'The repository holds the one commit that the run is pinned to.',
  },
  {
    rule: 'shell.git_configuration',
    commands: ['git'],
    options: ['-c', '--config-env', '--exec-path', '--upload-pack', '--receive-pack', '--git-dir'],
    why: 'Git runs with its own configuration here.',
    instead: 'Leave the option out.',
  },
  {
    rule: 'shell.publication',
    commands: [
      'gh',
      'glab',
      'hub',
      'tea',
      'twine',
      'kubectl',
      'helm',
      'terraform',
      'tofu',
      'pulumi',
      'aws',
      'gcloud',
      'az',
      'flyctl',
      'vercel',
    ],
    why: 'A run publishes and deploys nothing.',
    instead: 'Change the files, check with verify, and call finish.',
  },
  {
    rule: 'shell.publication',
    commands: [
      'npm',
      'pnpm',
      'yarn',
      'bun',
      'cargo',
      'gem',
      'poetry',
      'uv',
      'docker',
      'podman',
      'mvn',
      'mvnw',
      'lerna',
    ],
    operands: ['publish', 'push', 'deploy', 'login', 'unpublish', 'release:perform'],
    why: 'A run publishes and deploys nothing.',
    instead: 'Change the files, check with verify, and call finish.',
  },
  {
    rule: 'shell.privilege',
    commands: [
      'sudo',
      'su',
      'doas',
      'pkexec',
      'mount',
      'umount',
      'chroot',
      'nsenter',
      'unshare',
      'bwrap',
      'setpriv',
      'runuser',
    ],
    why: 'Commands run as one unprivileged user.',
    instead: 'Run the command itself.',
  },
]
