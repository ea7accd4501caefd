import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { GanderError } from '#domain/failure'
import type { SandboxSpec } from '#ports'
import type { HostPrograms } from './host-programs.ts'

/**
 * Where a holder keeps its mounts, inside its own mount namespace. /sys is on every host, can be entered by every uid,
 * and no checkout or toolchain lies below it.
 */
export const STAGE = '/sys'

/** Pairs of named pipes made in advance: a command's stdout and stderr. */
export const PIPE_PAIRS = 6

/** What the mounts of a sandbox are made from. */
export interface HolderPlan {
  readonly spec: SandboxSpec
  readonly programs: HostPrograms
  readonly privilege: 'root' | 'rootless'
  /** The uid and gid that commands have on the host, and that own the writable layers. */
  readonly uid: number
  readonly gid: number
  /** Folder of the sandbox on the host. */
  readonly folder: string
  /** The synthetic /etc. */
  readonly system_folder: string
  /** Toolchain roots that the command's uid may not reach by itself; bound by root. Index = number under STAGE/tools. */
  readonly tools: readonly string[]
}

/** A process that does nothing but keep a mount namespace alive; everything mounted goes when it goes. */
export interface Holder {
  readonly pid: number
  /** Absolute path, from outside, of a path inside the holder's namespace. */
  outside(path: string): string
  isAlive(): boolean
  /** Ends the holder and resolves when it is gone. */
  end(): Promise<void>
}

/** Work folders on the host that exist only while the sandbox lives. */
export const layerScratch = (spec: SandboxSpec): readonly string[] =>
  spec.writable.kind === 'setup_layer' ? [join(spec.writable.path, '.work')] : []

const escapeMount = (path: string): string =>
  path.replaceAll(/[\\\s#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)

const bind = (from: string, to: string, options = ''): string => `${escapeMount(from)} ${to} none bind${options} 0 0`

const RO = ',ro,nosuid,nodev'

/**
 * Layers never hide a rename or metadata in extended attributes: what changed is exactly what lies in the upper layer.
 * Without root, marks are kept in `user.` attributes.
 */
const overlay = (
  plan: HolderPlan,
  lower: readonly string[],
  at: { upper: string; work: string; merged: string },
): string => {
  const kind = plan.privilege === 'root' ? 'redirect_dir=nofollow,index=off,metacopy=off,xino=off' : 'userxattr'
  const options = `lowerdir=${lower.join(':')},upperdir=${at.upper},workdir=${at.work},${kind},nosuid,nodev`
  return `overlay ${at.merged} overlay ${options} 0 0`
}

interface Layout {
  readonly folders: readonly string[]
  /** Folders that belong to the command's uid. */
  readonly owned: readonly string[]
  readonly mounts: readonly string[]
}

const stage = (name: string): string => `${STAGE}/${name}`

/** The layers of /workspace and /home/agent and their places, in mount order. */
const planLayout = (plan: HolderPlan): Layout => {
  const { spec } = plan
  const on_disk = spec.writable.kind === 'setup_layer'
  const at = on_disk ? 'layer/' : ''
  const tree = {
    upper: stage(`${at}tree`),
    work: stage(`${on_disk ? 'layer/.work/' : ''}tree-work`),
    merged: stage('merged'),
  }
  const home = {
    upper: stage(`${at}home`),
    work: stage(`${on_disk ? 'layer/.work/' : ''}home-work`),
    merged: stage('agent'),
  }
  const below = spec.setup_layer
  const in_memory = on_disk ? [] : [tree.upper, tree.work, home.upper, home.work]
  return {
    folders: [
      ...['checkout', 'merged', 'agent', 'etc', 'io', 'tools'].map(stage),
      ...(on_disk ? [stage('layer')] : in_memory),
      ...(below === null ? [] : [stage('below')]),
    ],
    owned: on_disk ? [] : [tree.upper, home.upper],
    mounts: [
      bind(spec.checkout, stage('checkout')),
      bind(plan.system_folder, stage('etc'), RO),
      ...plan.tools.map((root, index) => bind(root, stage(`tools/${index}`), RO)),
      ...(below === null ? [] : [bind(below.path, stage('below'))]),
      ...(spec.writable.kind === 'setup_layer' ? [bind(spec.writable.path, stage('layer'))] : []),
      overlay(plan, [...(below === null ? [] : [stage('below/tree')]), stage('checkout')], tree),
      // Without a layer below there is nothing to lay over: the writable folder is the home.
      below === null ? bind(home.upper, home.merged, ',nosuid,nodev') : overlay(plan, [stage('below/home')], home),
    ],
  }
}

/**
 * The first mount, then a pause in which the worker makes folders through /proc (cheaper than programs), then all other
 * mounts by one program. Reading from the worker's pipe is what ends it when the worker dies before pdeathsig is set.
 */
const SCRIPT = `
"$1" -t tmpfs -o "$2" tmpfs ${STAGE}
echo staged
read -r go
"$1" -a -T "$3"
"$4" -m 666 $5
echo ready
read -r end`

const holderArguments = (plan: HolderPlan): readonly string[] => {
  const { programs, spec } = plan
  const size = `size=${spec.limits.upper_bytes},nr_inodes=${spec.limits.upper_inodes},mode=0755,nodev,nosuid`
  const pipes = Array.from({ length: PIPE_PAIRS }, (_, index) => `${STAGE}/io/${index}.out ${STAGE}/io/${index}.err`)
  const namespaces = plan.privilege === 'root' ? ['--mount'] : ['--user', '--map-root-user', '--mount']
  const mounts = join(plan.folder, 'mounts')
  const script = SCRIPT.replace('$5', pipes.join(' '))
  return [
    ['--pdeathsig', 'KILL', programs.unshare, ...namespaces, '--propagation', 'private'],
    [programs.sh, '-efc', script, 'sandbox-holder', programs.mount, size, mounts, programs.mkfifo],
  ].flat()
}

const STACKING = 'Keep GANDER_HOME on ext4, xfs, btrfs or tmpfs; overlayfs does not stack on every file system.'

const failure = (step: string, stderr: string): GanderError => {
  const code = /no space left/i.test(stderr) ? 'storage_full' : 'sandbox_unavailable'
  const what = `The sandbox could not be set up (${step}): ${stderr.trim() || 'no reason was given'}.`
  return new GanderError(code, what, /overlay/.test(stderr) ? { remedy: STACKING } : {})
}

/** Resolves when the holder has written this word; rejects when it ends first. */
const waitFor = (child: ChildProcess, word: string, output: { stdout: string; stderr: string }): Promise<void> =>
  new Promise((resolve, reject) => {
    const done = (error?: Error): void => {
      child.stdout?.off('data', onData)
      child.off('close', onClose)
      child.off('error', done)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onData = (): void => {
      if (output.stdout.includes(word)) done()
    }
    const onClose = (): void => done(failure(word === 'staged' ? 'namespaces' : 'mounts', output.stderr))
    child.stdout?.on('data', onData)
    child.on('close', onClose)
    child.on('error', done)
    onData()
  })

const makeFolders = (plan: HolderPlan, layout: Layout, outside: (path: string) => string): void => {
  for (const folder of layout.folders) {
    mkdirSync(outside(folder))
    // Said again because the worker's umask may be narrower, and the command's uid has to pass.
    chmodSync(outside(folder), 0o755)
  }
  plan.tools.forEach((root, index) => {
    const place = outside(stage(`tools/${index}`))
    if (statSync(root).isDirectory()) mkdirSync(place)
    else writeFileSync(place, '')
  })
  if (plan.privilege === 'root') for (const folder of layout.owned) chownSync(outside(folder), plan.uid, plan.gid)
  writeFileSync(join(plan.folder, 'mounts'), `${layout.mounts.join('\n')}\n`, { mode: 0o600 })
}

/** The folders of a setup layer on disk; the layer's own folder is closed to other users. */
const makeLayer = (plan: HolderPlan): void => {
  const { writable } = plan.spec
  if (writable.kind !== 'setup_layer') return
  mkdirSync(writable.path, { recursive: true, mode: 0o700 })
  for (const name of ['tree', 'home']) {
    mkdirSync(join(writable.path, name), { recursive: true, mode: 0o755 })
    if (plan.privilege === 'root') chownSync(join(writable.path, name), plan.uid, plan.gid)
  }
  for (const scratch of layerScratch(plan.spec)) {
    for (const name of ['tree-work', 'home-work']) mkdirSync(join(scratch, name), { recursive: true, mode: 0o700 })
  }
}

/** Starts a holder and mounts the sandbox's file systems. @throws GanderError `sandbox_unavailable`, `storage_full` */
export const startHolder = async (plan: HolderPlan): Promise<Holder> => {
  makeLayer(plan)
  const layout = planLayout(plan)
  const child = spawn(plan.programs.setpriv, holderArguments(plan), {
    env: {},
    cwd: '/',
    stdio: 'pipe',
  })
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString('utf8')))
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr = (output.stderr + chunk.toString('utf8')).slice(-4000)))
  child.stdin?.on('error', () => undefined)
  let alive = true
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      alive = false
      resolve()
    })
    child.once('error', () => {
      alive = false
      resolve()
    })
  })
  const pid = child.pid
  if (pid === undefined) throw failure('start', `${plan.programs.setpriv} could not be started`)
  const outside = (path: string): string => `/proc/${pid}/root${path}`
  const end = async (): Promise<void> => {
    child.ref()
    if (alive) child.kill('SIGKILL')
    await gone
    child.stdin?.destroy()
  }
  try {
    await waitFor(child, 'staged', output)
    makeFolders(plan, layout, outside)
    child.stdin?.write('go\n')
    await waitFor(child, 'ready', output)
  } catch (error) {
    await end()
    throw error
  }
  // An open sandbox does not keep its worker running; the end of the worker ends the sandbox.
  child.unref()
  child.stdout?.destroy()
  child.stderr?.destroy()
  ;(child.stdin as Socket | null)?.unref()
  return { pid, outside, isAlive: () => alive, end }
}
