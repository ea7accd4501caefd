import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox, SandboxDriver, SandboxProbe, SandboxSpec } from '#ports'
import { makeSandboxGround, type SandboxGround } from '../support/sandbox-fixtures.ts'
import { describeCommands } from './sandbox/commands.ts'
import { describeDoors } from './sandbox/doors.ts'
import { describeEndings } from './sandbox/endings.ts'
import { describeFence } from './sandbox/fence.ts'
import { describeLife } from './sandbox/life.ts'
import { describeRemains } from './sandbox/remains.ts'
import { describeLimits } from './sandbox/limits.ts'
import { describeSpoken } from './sandbox/spoken.ts'
import { describeTheTree } from './sandbox/the-tree.ts'
import type { SandboxWorld, StartCuts } from './sandbox/world.ts'

const WORKER = new URL('../support/sandbox-worker.ts', import.meta.url).pathname

/** What a driver brings beside itself. */
interface DriverParts {
  /** Further arguments of the worker that opens a sandbox with this driver and is killed. */
  readonly worker?: readonly string[]
  /** Absent: what suits a driver that starts a command within 30 ms. */
  readonly cuts?: StartCuts
  /** Parts that another driver of the same kind shows: the same code of ours runs with nothing of the engine between. */
  readonly shown_elsewhere?: readonly ('doors' | 'start')[]
}

/** What every sandbox driver has to do; a driver's own test gives it the driver. */
export const describeSandboxDriver = (
  name: string,
  makeDriver: (home: string) => SandboxDriver,
  parts: DriverParts = {},
): void => {
  describe(`${name} as a sandbox driver`, () => {
    let ground: SandboxGround
    let driver: SandboxDriver
    let probe: SandboxProbe
    const open: Sandbox[] = []
    const common = new Map<string, Promise<Sandbox>>()
    const opened = async (changes: Partial<SandboxSpec> = {}): Promise<Sandbox> => {
      const sandbox = await driver.open(ground.spec(changes))
      open.push(sandbox)
      return sandbox
    }
    const has = (control: string): boolean => probe.controls.find((each) => each.control === control)?.held ?? false
    const shared = (purpose: 'work' | 'setup' = 'work'): Promise<Sandbox> => {
      const layer = { kind: 'setup_layer', path: join(ground.root, 'shared-layer') } as const
      const changes = purpose === 'setup' ? { purpose, writable: layer } : { purpose }
      const sandbox = common.get(purpose) ?? driver.open(ground.spec(changes))
      common.set(purpose, sandbox)
      return sandbox
    }
    const world: SandboxWorld = {
      shared,
      ground: () => ground,
      driver: () => driver,
      another: () => makeDriver(ground.home),
      driverAt: makeDriver,
      opened,
      has,
      worker: [WORKER, ...(parts.worker ?? [])],
      cuts: parts.cuts ?? { at_once: 24, longest_ms: [24, 96, 288] },
    }

    beforeAll(async () => {
      ground = makeSandboxGround({ 'kept.txt': 'base\n', 'src/deep/code.txt': 'code\n', 'gone/a.txt': 'a\n' })
      driver = makeDriver(ground.home)
      probe = await driver.probe()
    })
    afterEach(async () => {
      await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
    })
    afterAll(async () => {
      await Promise.all([...common.values()].map(async (sandbox) => (await sandbox).close()))
      ground.remove()
    })

    describe('probe', () => {
      it('finds every required control held, and says for each what was tried', () => {
        expect(probe.available, probe.reason).toBe(true)
        expect(probe.isolation).toBe(driver.isolation)
        const broken = probe.controls.filter((control) => control.required && !control.held)
        expect(broken).toEqual([])
        for (const control of probe.controls) expect(control.detail.length).toBeGreaterThan(10)
        for (const control of probe.controls.filter((each) => !each.held)) expect(control.remedy).toBeTruthy()
      })
    })

    describeTheTree(world)
    describeCommands(world)
    describeEndings(world)
    describeLimits(world)
    describeFence(world)
    const here = (part: 'doors' | 'start'): boolean => parts.shown_elsewhere?.includes(part) !== true
    if (here('doors')) describeDoors(world)
    if (here('start')) describeSpoken(world)
    describeLife(world)
    describeRemains(world)
  })
}
