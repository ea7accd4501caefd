import { expect, test } from 'vitest'
import { asTyped } from './as-typed.ts'

test('advice names the program as it was started, in a checkout by its path', () => {
  const advice = 'Run `gander doctor`, then `gander continue RUN`; gander itself and `gandering` stay.'
  expect(asTyped(advice, 'bin/gander')).toBe(
    'Run `bin/gander doctor`, then `bin/gander continue RUN`; gander itself and `gandering` stay.',
  )
  expect(asTyped(advice, 'gander')).toBe(advice)
})
