import { describe, expect, it } from 'vitest'
import { stripControlSequences } from './strip-control-sequences.ts'
import { startWork } from '../../../../test/support/machine-time.ts'

describe('stripControlSequences', () => {
  it.each([
    ['colours', '\u001b[1;31mred\u001b[0m', 'red'],
    ['titles and links', '\u001b]0;t\u0007a\u001b]8;;http://x\u001b\\b\u001b]8;;\u001b\\', 'ab'],
    ['an unterminated string hides its own line only', 'a\u001b]0;hidden\nshown', 'a\nshown'],
    ['device control strings', '\u001bPq#0\u001b\\x', 'x'],
    ['single-byte forms', '\u009b31mred\u009d0;t\u0007x', 'redx'],
    ['character sets and resets', '\u001b(Ba\u001bc', 'a'],
    ['progress bars become lines', '10%\r20%\r\ndone\r', '10%\n20%\ndone\n'],
    ['bells, backspaces and NUL', 'a\u0007\u0008\u0000b\u007f', 'ab'],
    ['nothing of plain text', 'tab\tline\n  – é 漢 😀 [31m', 'tab\tline\n  – é 漢 😀 [31m'],
  ])('%s', (_, text, plain) => {
    expect(stripControlSequences(text)).toBe(plain)
  })

  it('is linear on hostile input', () => {
    const worked = startWork()
    stripControlSequences('\u001b['.repeat(200_000) + '\u001b]'.repeat(200_000) + '1;'.repeat(200_000))
    expect(worked()).toBeLessThan(2000)
  })
})
