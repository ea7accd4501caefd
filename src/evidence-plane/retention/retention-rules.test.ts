import { describe, expect, it } from 'vitest'
import { DEFAULT_RETENTION, ruleFor } from './retention-rules.ts'

const days = (kind: string, data_class: Parameters<typeof ruleFor>[0]['data_class'] = 'internal') =>
  ruleFor({ kind, data_class }, DEFAULT_RETENTION).days

describe('how long what runs leave behind is kept', () => {
  it.each([
    ['answers of models', 'model_exchange', 30],
    ['redacted output of tools', 'command_output', 90],
    ['logs', 'log', 90],
    ['transcripts of guests', 'guest_transcript', 90],
    ['patches', 'patch', 365],
    ['plans', 'plan', 365],
    ['evidence packets', 'evidence_packet', 2555],
    ['reports of the judge', 'judge_report', 2555],
    ['replay packages', 'replay_package', 90],
    ['whatever no rule names', 'something_new', 365],
  ])('is the time of their class: %s', (_, kind, expected) => {
    expect(days(kind)).toBe(expected)
  })

  it.each(['log', 'patch', 'evidence_packet', 'something_new'])('is at most a week for a restricted %s', (kind) => {
    expect([days(kind, 'restricted'), days(kind, 'confidential')]).toEqual([7, days(kind)])
  })

  it('is never longer for being restricted', () => {
    const short = { ...DEFAULT_RETENTION, tool_output_redacted: 3 }
    expect(ruleFor({ kind: 'log', data_class: 'restricted' }, short)).toEqual({ rule: 'tool_output_redacted', days: 3 })
  })
})
