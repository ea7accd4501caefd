import { describe, expect, it } from 'vitest'
import type { ExecRequest, ExecResult, Sandbox } from '#ports'
import { attackLimits, processorControl } from './attack-sandbox.ts'

const RESULT: ExecResult = {
  exit_code: 0,
  signal: null,
  ended_by: 'exit',
  stdout: '',
  stderr: '',
  truncated_bytes: 0,
  duration_ms: 1,
}

/** A sandbox whose shell says of the busy loops what is given, and refuses everything else. */
const sandboxThatSays = (times: string): Pick<Sandbox, 'exec'> => ({
  exec: async ({ argv }: ExecRequest) => ({
    ...RESULT,
    stdout: argv[2]?.includes('/proc/uptime') === true ? times : '',
  }),
})

const judged = async (times: string, by: string | undefined = 'control groups') => {
  const sandbox = sandboxThatSays(times) as Sandbox
  return processorControl(await attackLimits(sandbox), by, 'remedy')
}

describe('busy loops over more processors than there are', () => {
  it('are held by one processor where they used no more than its share, as dash and bash print it', async () => {
    for (const own of ['0m0.000000s 0m0.010000s', '0m0.001s 0m0.002s']) {
      const control = await judged(`${own}\n0m0.310000s 0m0.010000s\n5120.10 5120.36\n`)
      expect(control).toMatchObject({ control: 'cpu_limit', held: true })
      expect(control.detail).toMatch(/busy loops used 320 ms of processor time in 260 ms, held by control groups/)
    }
  })

  it('are not held where they used a second processor, whatever is said to limit them', async () => {
    const control = await judged('0m0.000000s 0m0.000000s\n0m0.520000s 0m0.010000s\n5120.10 5120.36\n')
    expect(control).toMatchObject({ held: false, remedy: 'remedy' })
    expect(control.detail).toMatch(/more than their share/)
  })

  it('are not held where nothing limits them, however little they used', async () => {
    const none = { held: false, remedy: 'remedy', detail: 'Commands may use every processor.' }
    const sandbox = sandboxThatSays('0m0.0s 0m0.0s\n0m0.010000s 0m0.0s\n5120.10 5120.36\n') as Sandbox
    expect(processorControl(await attackLimits(sandbox), undefined, 'remedy')).toMatchObject(none)
  })
})
