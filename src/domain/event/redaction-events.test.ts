import { expect, it } from 'vitest'
import { addedCuts, redactionEvents } from './redaction-events.ts'

const CLEAN = { count: 0, kinds: [], by_kind: {}, confirmed: false }
const FORMAT = { count: 2, kinds: ['github_token'], by_kind: { github_token: 2 }, confirmed: false }
const HELD = { count: 1, kinds: ['registered'], by_kind: { registered: 1 }, confirmed: true }

it('nothing that was cut is nothing to record', () => {
  expect(redactionEvents('patch', CLEAN)).toEqual([])
})

it('what only looks like a secret is counted by kind and opens no incident', () => {
  expect(redactionEvents('patch', FORMAT)).toEqual([
    {
      event: 'secret_redacted',
      facts: { count: 2, kinds: ['github_token'], where: 'patch', by_kind: { github_token: 2 } },
    },
  ])
})

it('a value the platform holds opens an incident that names the place', () => {
  const both = addedCuts([CLEAN, FORMAT, HELD, FORMAT])
  expect(both).toMatchObject({ count: 5, by_kind: { github_token: 4, registered: 1 }, confirmed: true })
  expect(redactionEvents('patch', both)[1]).toEqual({
    event: 'incident_opened',
    facts: { kind: 'registered_secret_seen', where: 'patch' },
  })
})
