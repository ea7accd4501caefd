import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { alarmMachine, isAlarm, nextProbe } from './alarm-words.ts'

const machine = alarmMachine()

function alarms(text: string): boolean {
  const bytes = Buffer.from(text)
  for (let at = nextProbe(machine, bytes, 0, bytes.length); at < bytes.length; )
    if (isAlarm(machine, bytes, at)) return true
    else at = nextProbe(machine, bytes, at + 2, bytes.length)
  return false
}

describe('alarm words', () => {
  it.each(['Error', 'FAIL', 'panic', 'out of memory', 'npm ERR', 'not ok', '✖', '✗', '✕', 'unDefined', 'core dumped'])(
    '%s is found wherever it stands',
    (word) => {
      for (let before = 0; before < 6; before++)
        for (const after of ['', ' ', '\n', ' and more of the line'])
          expect(alarms(`${'-'.repeat(before)}${word}${after}`), `${before} ${after}`).toBe(true)
    },
  )

  it.each(['fai l', 'er\nror', 'pani', 'all is well', '', 'not\nok', 'exited wit'])('%j is none', (text) => {
    for (let before = 0; before < 3; before++) expect(alarms(`${'-'.repeat(before)}${text}`)).toBe(false)
  })
})
