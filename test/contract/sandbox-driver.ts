import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Sandbox, SandboxDriver, SandboxProbe, SandboxSpec } from '#ports'
import { makeSandboxGround, type SandboxGround } from '../support/sandbox-fixtures.ts'
import { describeCommands } from './sandbox/commands.ts'
import { describeDoors } from './sandbox/doors.ts'
import { describeEndings } from './sandbox/endings.ts'
import { describeFence } from './sandbox/fence.ts'
import { describeLife } from './sandbox/life.ts'
import { describeLimits } from './sandbox/limits.ts'
import { describeSpoken } from './sandbox/spoken.ts'
import { describeTheTree } from './sandbox/the-tree.ts'
import type { SandboxWorld } from './sandbox/world.ts'

/** What a driver brings beside itself. */
interface DriverParts {
  /** See `SandboxWorld.worker`; absent: the case of a killed worker is skipped. */
  readonly worker?: string
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
    const opened = async (changes: Partial<SandboxSpec> = {}): Promise<Sandbox> => {
      const sandbox = await driver.open(ground.spec(changes))
      open.push(sandbox)
      return sandbox
    }
    const has = (control: string): boolean => probe.controls.find((each) => each.control === control)?.held ?? false
    const world: SandboxWorld = {
      ground: () => ground,
      driver: () => driver,
      another: () => makeDriver(ground.home),
      opened,
      has,
      worker: parts.worker,
    }

    beforeAll(async () => {
      ground = makeSandboxGround({ 'kept.txt': 'base\n', 'src/deep/code.txt': 'code\n', 'gone/a.txt': 'a\n' })
      driver = makeDriver(ground.home)
      probe = await driver.probe()
    })
    afterEach(async () => {
      await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
    })
    afterAll(() => ground.remove())

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
    describeDoors(world)
    describeSpoken(world)
    describeLife(world)
  })
}
