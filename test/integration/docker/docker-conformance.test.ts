import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { createDockerDriver } from '#adapters/sandboxes/docker'
import { describeSandboxDriver } from '../../contract/sandbox-driver.ts'
import { startTestEngine } from '../../support/docker-engine.ts'
import { makeSandboxGround } from '../../support/sandbox-fixtures.ts'

const engine = await startTestEngine('docker')

if (engine.available) {
  const { image, host } = engine
  afterAll(() => engine.stop())
  const options = { engine: 'docker', image, ...(host === undefined ? {} : { host }) } as const
  describeSandboxDriver('docker', (home) => createDockerDriver({ home, ...options }), {
    worker: [JSON.stringify(options)],
    cuts: { at_once: 12, longest_ms: [60, 300] },
  })

  describe('an image that declares volumes', () => {
    it('is refused: what a command writes there would lie on the host, of any size', async () => {
      const [address, ground] = [host === undefined ? [] : ['--host', host], makeSandboxGround({ a: 'a' })]
      const made = `tar -cf - -T /dev/null | docker "$@" import --change 'VOLUME /cache' -`
      const image_with = execFileSync('sh', ['-c', made, 'sh', ...address], { encoding: 'utf8' }).trim()
      const driver = createDockerDriver({ home: ground.home, ...options, image: image_with })
      const refusal = { code: 'sandbox_unavailable', message: expect.stringContaining('/cache') as unknown }
      await expect(driver.open(ground.spec())).rejects.toMatchObject(refusal)
      expect(await driver.probe()).toMatchObject({
        available: false,
        reason: expect.stringContaining('volumes') as unknown,
      })
      ground.remove()
    })
  })
} else describe.skip('docker as a sandbox driver', () => it(`skipped: ${engine.reason}`, () => undefined))
