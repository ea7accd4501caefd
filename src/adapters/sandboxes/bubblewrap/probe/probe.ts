import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlProbe, Sandbox, SandboxProbe } from '#ports'
import type { Ground } from '../ground.ts'
import { findHostPrograms, type HostEnvironment, installRemedy } from '../host-programs.ts'
import { openSandbox } from '../sandbox.ts'
import { filteredArchitecture } from '../../fence/seccomp/seccomp-program.ts'
import { attack, attackCalls, attackLimits, execProbe, PROBE_LIMITS } from '../../fence/probe/attack-sandbox.ts'
import { callAttacks } from '../../fence/probe/attacks.ts'
import { reportControls } from '../../fence/probe/report-controls.ts'
import { limitControls } from './limit-controls.ts'
import { diagnose } from './diagnose.ts'
import { foreignProgram } from '../../fence/probe/foreign-program.ts'

/** Uids of probes lie beside the range of runs. */
const PROBE_UID_BASE = 1_902_000_000

/** Folders of the platform and its user that no command may list. */
const hiddenFolders = ({ home, environment }: Ground): readonly string[] => {
  const user = environment['HOME']
  const own = user === undefined || user === '/' ? [] : ['.ssh', '.config', '.gander'].map((name) => join(user, name))
  return [home, ...own]
}

/** A call of the 32-bit table has to end its program; undefined where this processor has no such table. */
const foreignCallPassed = async (sandbox: Sandbox): Promise<readonly string[] | undefined> => {
  const architecture = filteredArchitecture()
  const program = architecture === undefined ? undefined : foreignProgram(architecture)
  if (program === undefined) return undefined
  const path = join(sandbox.tree.path, 'gander-foreign')
  writeFileSync(path, program)
  chmodSync(path, 0o755)
  const { signal } = await execProbe(sandbox, ['/workspace/gander-foreign'])
  // Without 32-bit emulation in the kernel the program dies of SIGSEGV: contained as well.
  return signal === 'SIGSYS' || signal === 'SIGSEGV' ? [] : ['calls of the 32-bit table (int 0x80)']
}

const tryCalls = async (sandbox: Sandbox, filter_is_on: boolean): Promise<ControlProbe> => {
  const architecture = filteredArchitecture()
  const attacks = architecture === undefined ? [] : callAttacks(architecture)
  const passed = await foreignCallPassed(sandbox)
  const others = { tried: passed === undefined ? [] : ['int 0x80'], passed: passed ?? [] }
  return attackCalls(sandbox, { attacks, filter_is_on, others })
}

const SURVIVOR = 'gander-survivor'

/**
 * Leaves behind what tries to outlive its command: in a session of its own, and deaf to signals. It writes until it is
 * gone, and what it wrote before its command had ended is taken away: a slow machine is no machine that does not hold.
 */
const leaveDaemons = async (sandbox: Sandbox): Promise<void> => {
  const deaf = `trap '' TERM INT HUP; while :; do touch ${SURVIVOR}; sleep 0.1; done`
  await execProbe(sandbox, ['sh', '-c', `setsid sh -c "${deaf}" >/dev/null 2>&1 & (sh -c "${deaf}" >/dev/null 2>&1 &)`])
  rmSync(join(sandbox.tree.path, SURVIVOR), { force: true })
}

const daemonControl = (sandbox: Sandbox): ControlProbe => {
  const survived = existsSync(join(sandbox.tree.path, SURVIVOR))
  return {
    control: 'no_survivors',
    held: !survived,
    detail: survived
      ? 'A process went on after its command had ended.'
      : 'Daemons in sessions of their own, deaf to signals: gone with their command',
    required: true,
  }
}

const ownNamespaces = (): { readonly [name: string]: string } =>
  Object.fromEntries(
    ['user', 'mnt', 'pid', 'net', 'ipc', 'uts'].map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)]),
  )

const attackAll = async (sandbox: Sandbox, ground: Ground): Promise<readonly ControlProbe[]> => {
  await leaveDaemons(sandbox)
  const began = performance.now()
  const report = await attack(sandbox, hiddenFolders(ground))
  if (typeof report === 'string') {
    return [
      { control: 'attack_program', held: false, detail: `It did not run inside: ${report.trim()}`, required: true },
    ]
  }
  const owner = statSync(join(sandbox.tree.path, 'gander-probe')).uid
  const calls = await tryCalls(sandbox, report.status['Seccomp'] === '2')
  const limits = await attackLimits(sandbox)
  await sleep(Math.max(0, 400 - (performance.now() - began)))
  return [
    ...reportControls(report, { own: ownNamespaces(), owner, privilege: ground.privilege }),
    calls,
    daemonControl(sandbox),
    ...limitControls(ground, limits),
  ]
}

/** Attacks each control once in a sandbox of its own; about half a second. */
export const probeSandbox = async (prepare: () => Ground, environment: HostEnvironment): Promise<SandboxProbe> => {
  const privilege = process.getuid?.() === 0 ? 'root' : 'rootless'
  const base = { driver: 'bubblewrap', isolation: 'shared_kernel', privilege } as const
  if (process.platform !== 'linux') {
    return {
      ...base,
      available: false,
      reason: 'Namespaces exist on Linux only.',
      remedy: 'Run Gander on Linux, in a virtual machine where need be.',
      controls: [],
    }
  }
  const { missing } = findHostPrograms(environment)
  if (missing.length > 0) {
    return {
      ...base,
      available: false,
      reason: `Missing: ${missing.join(', ')}.`,
      remedy: installRemedy(missing),
      controls: [],
    }
  }
  const checkout = mkdtempSync(join(tmpdir(), 'gander-probe-'))
  let sandbox: Sandbox | undefined
  try {
    mkdirSync(join(checkout, 'tree'))
    const ground = prepare()
    sandbox = await openSandbox(
      ground,
      {
        run_id: 'probe',
        purpose: 'work',
        checkout: join(checkout, 'tree'),
        setup_layer: null,
        writable: { kind: 'memory' },
        limits: PROBE_LIMITS,
      },
      PROBE_UID_BASE,
    )
    return { ...base, available: true, controls: await attackAll(sandbox, ground) }
  } catch (error) {
    return { ...base, available: false, ...diagnose(error), controls: [] }
  } finally {
    await sandbox?.close()
    rmSync(checkout, { recursive: true, force: true })
  }
}
