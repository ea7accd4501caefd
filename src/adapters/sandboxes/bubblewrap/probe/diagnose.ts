import { isGanderError } from '#domain/failure'
import type { SandboxProbe } from '#ports'
import { readText } from '../../fence/read-text.ts'

type Unavailable = Pick<SandboxProbe, 'reason' | 'remedy'>

/** Profiles that allow user namespaces to exactly the two programs that make them here. */
const APPARMOR_PROFILE = `abi <abi/4.0>,
include <tunables/global>
profile gander-bwrap /usr/bin/bwrap flags=(unconfined) { userns, }
profile gander-unshare /usr/bin/unshare flags=(unconfined) { userns, }`

const number = (path: string): number | undefined => {
  const text = readText(path)
  return text === undefined ? undefined : Number(text.trim())
}

/** Settings of the kernel that forbid user namespaces, each with its own remedy. */
const forbiddenNamespaces = (): Unavailable | undefined => {
  if (number('/proc/sys/user/max_user_namespaces') === 0) {
    return {
      reason: 'The kernel allows no user namespaces (user.max_user_namespaces is 0).',
      remedy: 'Run `sysctl -w user.max_user_namespaces=15000` as root and keep it in /etc/sysctl.d.',
    }
  }
  if (number('/proc/sys/kernel/unprivileged_userns_clone') === 0) {
    return {
      reason: 'Users other than root may not make namespaces (kernel.unprivileged_userns_clone is 0).',
      remedy: 'Run `sysctl -w kernel.unprivileged_userns_clone=1` as root and keep it in /etc/sysctl.d.',
    }
  }
  if (number('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === 1) {
    return {
      reason: 'AppArmor allows user namespaces only to programs with a profile (Ubuntu 23.10 and newer).',
      remedy: `As root, write this to /etc/apparmor.d/gander and run \`apparmor_parser -r /etc/apparmor.d/gander\`:\n${APPARMOR_PROFILE}\nOr, for the whole machine: \`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0\`.`,
    }
  }
  return undefined
}

/** Why no sandbox can be opened, in words that lead to a remedy. */
export const diagnose = (error: unknown): Unavailable => {
  const message = error instanceof Error ? error.message : String(error)
  const denied = /operation not permitted|permission denied|no permissions|unshare failed|setting up uid map/i.test(
    message,
  )
  const settings = denied ? forbiddenNamespaces() : undefined
  if (settings !== undefined) return { reason: `${settings.reason} (${message})`, remedy: settings.remedy ?? '' }
  if (denied) {
    return {
      reason: message,
      remedy:
        'This environment forbids namespaces or mounts. In a container, start it with --privileged, or with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN.',
    }
  }
  return { reason: message, remedy: isGanderError(error) ? error.remedy : 'Run `gander doctor`.' }
}
