import { existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import { fingerprintOf } from './fingerprint.ts'
import { type HostEnvironment, type HostPrograms, requireHostPrograms } from './host-programs.ts'
import { type CgroupSupport, findCgroupSupport } from './limits/cgroups.ts'
import { filteredArchitecture, seccompProgram } from '../fence/seccomp/seccomp-program.ts'
import { prepareSystemFolder, type SystemFolder } from './view/system-folder.ts'
import { findToolchains, innerPath, toolchainRoots } from './view/toolchains.ts'

/** Everything that is the same for all sandboxes of a driver, found once. */
export interface Ground {
  readonly home: string
  readonly environment: HostEnvironment
  readonly privilege: 'root' | 'rootless'
  readonly programs: HostPrograms
  readonly seccomp: Buffer
  readonly cgroups: CgroupSupport
  readonly system: SystemFolder
  /** Toolchain folders outside the system's. */
  readonly tools: readonly string[]
  /** Gander's own node, for the bridge of a command with doors. */
  readonly node: string
  /** PATH inside. */
  readonly path: string
  readonly inner_environment: { readonly [name: string]: string }
  readonly fingerprint: string
}

const requireSeccomp = (): Buffer => {
  const architecture = filteredArchitecture()
  if (architecture === undefined) {
    throw new GanderError('sandbox_control_missing', `There is no system-call filter for ${process.arch}.`, {
      remedy: 'Run Gander on x86_64 or aarch64.',
    })
  }
  return seccompProgram(architecture)
}

const javaHome = (environment: HostEnvironment, tools: readonly string[]): { readonly JAVA_HOME?: string } => {
  const named = environment['JAVA_HOME']
  if (named === undefined || !existsSync(join(named, 'bin/java'))) return {}
  const home = realpathSync(named)
  const seen = home.startsWith('/usr/') || tools.some((root) => home === root || home.startsWith(`${root}/`))
  return seen ? { JAVA_HOME: home } : {}
}

/** @throws GanderError `sandbox_unavailable`, `sandbox_control_missing` */
export const prepareGround = (home: string, environment: HostEnvironment): Ground => {
  const programs = requireHostPrograms(environment)
  const seccomp = requireSeccomp()
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const system = prepareSystemFolder(realpathSync(home), readdirSync('/etc'))
  const toolchains = findToolchains(environment)
  const tools = toolchainRoots(toolchains)
  return {
    home: realpathSync(home),
    environment,
    privilege: process.getuid?.() === 0 ? 'root' : 'rootless',
    programs,
    seccomp,
    cgroups: findCgroupSupport(),
    system,
    tools,
    node: realpathSync(process.execPath),
    path: innerPath(toolchains),
    inner_environment: javaHome(environment, tools),
    fingerprint: fingerprintOf(toolchains, seccomp, system.sha256, programs.bwrap),
  }
}
