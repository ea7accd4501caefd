import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createRedactor } from '#evidence-plane/redaction'
import { CLEAN_CODE, cleanFiles, readCode } from '../support/clean-code.ts'

/** All of it: `GANDER_CLEAN_LINES=all npx vitest run --project security test/security/redaction-false-alarms.test.ts`. */
const WISH = process.env['GANDER_CLEAN_LINES'] ?? '250000'
const LINES = WISH === 'all' ? Number.POSITIVE_INFINITY : Number(WISH)

describe('in clean code at most one line of 100,000 is taken for a secret', () => {
  for (const code of CLEAN_CODE) {
    const is_there = code.folder !== undefined
    const why = is_there ? '' : ' (skipped: not installed on this machine)'
    test.skipIf(!is_there)(`of ${code.name}${why}`, { timeout: 1_800_000 }, async () => {
      const redactor = createRedactor()
      for (let n = 0; n < 10; n++) redactor.register(`value ${n}`, randomBytes(24).toString('base64url'))
      const alarms: string[] = []
      let lines = 0
      let cut = 0
      for (const path of cleanFiles(code)) {
        if (lines >= LINES) break
        const file = readCode(path)
        lines += file.lines
        const { count, by_kind } = await redactor.redact(file.text)
        cut += count
        if (count > 0) alarms.push(`${path}: ${JSON.stringify(by_kind)}`)
      }
      const rate = (cut / lines) * 100_000
      console.log(`${code.name}: ${cut} alarms in ${lines} lines, ${rate.toFixed(2)} in 100,000`)
      expect(lines).toBeGreaterThan(50_000)
      expect(rate, alarms.join('\n')).toBeLessThanOrEqual(1)
    })
  }
})
