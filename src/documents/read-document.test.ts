import { expect, test } from 'vitest'
import { z } from 'zod'
import { readDocument, shownProblems } from './index.ts'

const schema = z.strictObject({
  name: z.string().min(1),
  size: z.number().min(1).optional(),
  steps: z.array(z.strictObject({ run: z.string(), time_limit: z.number().optional() })).optional(),
})

test('a text by its schema is read', () => {
  expect(readDocument('name: x\nsteps: [{run: make}]\n', schema)).toEqual({
    ok: true,
    value: { name: 'x', steps: [{ run: 'make' }] },
  })
})

test.each([
  ['name: x\nsize: 0', 'size (line 2) must be 1 or more'],
  ['name: ""', 'name (line 1) must not be empty'],
  ['nmae: x\nname: y', 'nmae (line 1) is no known field; did you mean name?'],
  ['name: x\nsteps:\n  - run: make\n    time: 5', 'steps.0.time (line 4) is no known field; did you mean time_limit?'],
  ['name: x\nsteps:\n  - run: 5', 'steps.0.run (line 3) must be text'],
  ['name: x\nname: y', 'line 2: Map keys must be unique'],
  ['name: [', 'line 1: '],
  ['- a\n- b', 'expected fields at the top level'],
  ['', 'expected fields at the top level'],
])('%j is refused with the field, the line and what is allowed', (text, said) => {
  const read = readDocument(text, schema)
  expect(read.ok ? '' : read.refusal.join('; ')).toContain(said)
})

test('an alias that unfolds without end is refused', () => {
  const bomb = ['a: &a [x, x]', 'b: &b [*a, *a]', 'c: &c [*b, *b]', 'd: &d [*c, *c]', 'e: &e [*d, *d]', 'f: [*e, *e]']
  const read = readDocument(bomb.join('\n'), z.looseObject({}))
  expect(read.ok ? '' : read.refusal.join()).toContain('alias')
})

test('more problems than a person reads at once are counted', () => {
  expect(shownProblems(['a', 'b', 'c', 'd'], 2)).toBe('a; b; and 2 more')
})
