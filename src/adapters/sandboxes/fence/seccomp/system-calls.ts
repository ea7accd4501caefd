/** Processor architectures the filter is written for, as Node names them. */
export type Architecture = 'x64' | 'arm64'

/** Numbers of the calls that look at their arguments, and of those refused whatever their arguments. */
export interface SystemCalls {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly audit_arch: number
  readonly socket: number
  readonly socketpair: number
  readonly clone: number
  readonly ioctl: number
  /** Answered ENOSYS, so that callers fall back to an older call. */
  readonly absent: readonly number[]
  /** Answered EPERM. */
  readonly refused: { readonly [name: string]: number }
}

/** io_uring_setup, io_uring_enter, io_uring_register, clone3: the same everywhere. */
const ABSENT = [425, 426, 427, 435]

/** Calls numbered after the tables were unified. */
const REFUSED_EVERYWHERE = {
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  pidfd_getfd: 438,
  process_madvise: 440,
  mount_setattr: 442,
  quotactl_fd: 443,
  open_tree_attr: 467,
}

/** Tables from the kernel's unistd headers. */
export const SYSTEM_CALLS: { readonly [architecture in Architecture]: SystemCalls } = {
  x64: {
    audit_arch: 0xc000_003e,
    socket: 41,
    socketpair: 53,
    clone: 56,
    ioctl: 16,
    absent: ABSENT,
    refused: {
      ...REFUSED_EVERYWHERE,
      ptrace: 101,
      syslog: 103,
      uselib: 134,
      ustat: 136,
      sysfs: 139,
      vhangup: 153,
      modify_ldt: 154,
      pivot_root: 155,
      _sysctl: 156,
      adjtimex: 159,
      chroot: 161,
      acct: 163,
      settimeofday: 164,
      mount: 165,
      umount2: 166,
      swapon: 167,
      swapoff: 168,
      reboot: 169,
      sethostname: 170,
      setdomainname: 171,
      iopl: 172,
      ioperm: 173,
      create_module: 174,
      init_module: 175,
      delete_module: 176,
      get_kernel_syms: 177,
      query_module: 178,
      quotactl: 179,
      nfsservctl: 180,
      lookup_dcookie: 212,
      clock_settime: 227,
      kexec_load: 246,
      add_key: 248,
      request_key: 249,
      keyctl: 250,
      unshare: 272,
      perf_event_open: 298,
      fanotify_init: 300,
      name_to_handle_at: 303,
      open_by_handle_at: 304,
      clock_adjtime: 305,
      setns: 308,
      process_vm_readv: 310,
      process_vm_writev: 311,
      kcmp: 312,
      finit_module: 313,
      kexec_file_load: 320,
      bpf: 321,
      userfaultfd: 323,
    },
  },
  arm64: {
    audit_arch: 0xc000_00b7,
    socket: 198,
    socketpair: 199,
    clone: 220,
    ioctl: 29,
    absent: ABSENT,
    refused: {
      ...REFUSED_EVERYWHERE,
      lookup_dcookie: 18,
      umount2: 39,
      mount: 40,
      pivot_root: 41,
      nfsservctl: 42,
      chroot: 51,
      vhangup: 58,
      quotactl: 60,
      acct: 89,
      unshare: 97,
      kexec_load: 104,
      init_module: 105,
      delete_module: 106,
      clock_settime: 112,
      syslog: 116,
      ptrace: 117,
      reboot: 142,
      sethostname: 161,
      setdomainname: 162,
      settimeofday: 170,
      adjtimex: 171,
      add_key: 217,
      request_key: 218,
      keyctl: 219,
      swapon: 224,
      swapoff: 225,
      perf_event_open: 241,
      fanotify_init: 262,
      name_to_handle_at: 264,
      open_by_handle_at: 265,
      clock_adjtime: 266,
      setns: 268,
      process_vm_readv: 270,
      process_vm_writev: 271,
      kcmp: 272,
      finit_module: 273,
      bpf: 280,
      userfaultfd: 282,
      kexec_file_load: 294,
    },
  },
}
