import { describe, expect, test } from 'vitest'
import { outlineOf } from '#syntax'

describe('a source that was made to be slow', () => {
  test('is given up after five seconds of processor time, and the next one is read', async () => {
    const before = process.threadCpuUsage()
    expect(await outlineOf('typescript', '('.repeat(100_000))).toEqual({ ok: false, refusal: 'source_too_slow' })
    const { user, system } = process.threadCpuUsage(before)
    expect(user + system).toBeLessThan(10_000_000)
    const next = await outlineOf('typescript', 'export class Cart {}')
    expect(next.ok && next.value.symbols.map(({ name }) => name)).toEqual(['Cart'])
  })
})
