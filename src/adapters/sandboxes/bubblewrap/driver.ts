import { storageFailure } from '#domain/failure'
import type { SandboxDriver } from '#ports'
import { type Ground, prepareGround } from './ground.ts'
import type { HostEnvironment } from './host-programs.ts'
import { probeSandbox } from './probe/probe.ts'
import { openSandbox } from './sandbox.ts'
import { sweepSandboxes } from './sweep.ts'

/** What the driver is made from. */
export interface BubblewrapOptions {
  /** Absolute GANDER_HOME; `sandboxes/` and `system/` below it belong to this driver. */
  readonly home: string
  /** First uid of a range of 2^20 that nobody has: each sandbox of a root worker gets one. Absent: 1,900,000,000. */
  readonly run_uid_base?: number
  /** The host's variables (PATH, HOME, proxy, registry and certificate settings). Absent: this process's. */
  readonly environment?: HostEnvironment
}

/** Above every range that systemd, containers and directories hand out, and below 2^31. */
const RUN_UID_BASE = 1_900_000_000

/** Sandboxes made of Linux namespaces, overlayfs and bubblewrap, as root or as any user. */
export const createBubblewrapDriver = (options: BubblewrapOptions): SandboxDriver => {
  const environment = options.environment ?? process.env
  let ground: Ground | undefined
  const prepared = (): Ground => (ground ??= prepareGround(options.home, environment))
  return {
    name: 'bubblewrap',
    isolation: 'shared_kernel',
    probe: () => probeSandbox(prepared, environment),
    open: async (spec) => {
      try {
        return await openSandbox(prepared(), spec, options.run_uid_base ?? RUN_UID_BASE)
      } catch (error) {
        throw storageFailure(error, options.home)
      }
    },
    sweep: () => sweepSandboxes(options.home),
  }
}
