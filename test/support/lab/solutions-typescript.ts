import type { Play } from './play.ts'
import { call, finish } from './play.ts'
import type { ScriptedReply } from '../scripted-model/index.ts'

const FIRST = `const PART = /(\\d+)([dhms])/y

/** Reads a duration such as \`90s\` or \`1h30m\` and gives its length in seconds. */
export function parseDuration(text: string): number {
  const written = text.trim()
  let seconds = 0
  let at = 0
  while (at < written.length || at === 0) {
    PART.lastIndex = at
    const match = PART.exec(written)
    if (match === null) throw new SyntaxError(\`not a duration: \${JSON.stringify(text)}\`)
    const [part, amount, unit] = match
    seconds += Number(amount) * secondsIn(unit as Unit)
    at += part.length
  }
  return seconds
}`

const OLD = `const PART = /(\\d+)([dhms])/

/** Reads a duration such as \`90s\` or \`1h30m\` and gives its length in seconds. */
export function parseDuration(text: string): number {
  const match = PART.exec(text.trim())
  if (match === null) throw new SyntaxError(\`not a duration: \${JSON.stringify(text)}\`)
  const [, amount, unit] = match
  return Number(amount) * secondsIn(unit as Unit)
}`

const TESTS = `test('what is no duration at all is refused', () => {
  assert.throws(() => parseDuration('soon'), SyntaxError)
})

test('text around a duration is refused', () => {
  assert.throws(() => parseDuration('2h and a bit'), SyntaxError)
})

test('a unit that is named twice is refused', () => {
  assert.throws(() => parseDuration('1h1h'), SyntaxError)
})`

const OLD_TEST = `test('what is no duration at all is refused', () => {
  assert.throws(() => parseDuration('soon'), SyntaxError)
})`

const said = (text: string, reply: ScriptedReply): ScriptedReply => ({ text, ...reply })

/** The conversation of the demonstration: it reads, plans, mends, is shown what it forgot, and mends that. */
export const typescript: Play = {
  planning: [
    said('I look for the parser first.', call('file_search', { pattern: 'parseDuration' })),
    {
      text: 'The pattern is not anchored and runs once. I read the tests and the units.',
      tool_calls: [
        { name: 'file_read', arguments: { path: 'src/parse-duration.ts' } },
        { name: 'file_read', arguments: { path: 'test/parse-duration.test.ts' } },
        { name: 'file_read', arguments: { path: 'src/units.ts' } },
      ],
    },
    call('submit_plan', {
      objective: 'parseDuration reads every unit of a duration and refuses whatever else is in the text.',
      assumptions: ['Units may come in any order, as they may today.', 'White space at both ends stays allowed.'],
      constraints: ['formatDuration and the public API stay as they are.', 'No dependency is added.'],
      steps: [
        {
          id: 'S1',
          action: 'patch the parser to read part after part to the end of the text',
          target: 'src/parse-duration.ts',
          expected_evidence: 'the red test "several units are added up" passes',
        },
        {
          id: 'S2',
          action: 'add a test for text around a duration and one for a repeated unit',
          target: 'test/parse-duration.test.ts',
          expected_evidence: 'two new tests that fail without the patch',
        },
        {
          id: 'S3',
          action: 'verify with the profile of the repository',
          target: 'npm test',
          expected_evidence: 'a report in which every test passed',
        },
      ],
      verification: ['npm test'],
      forbidden: ['src/format-duration.ts', 'package.json', 'CI configuration'],
      risk: 'low',
    }),
  ],
  editing: [
    said(
      'The parser reads one part after the other, to the end of the text.',
      call('file_edit', { path: 'src/parse-duration.ts', old_text: OLD, new_text: FIRST }),
    ),
    said(
      'Now the two refusals as tests.',
      call('file_edit', { path: 'test/parse-duration.test.ts', old_text: OLD_TEST, new_text: TESTS }),
    ),
    call('verify'),
    said(
      'A unit that is named twice is still read. I keep the units seen so far.',
      call('file_edit', {
        path: 'src/parse-duration.ts',
        old_text: `    seconds += Number(amount) * secondsIn(unit as Unit)
`,
        new_text: `    if (seen.has(unit)) throw new SyntaxError(\`\${unit} is named twice: \${JSON.stringify(text)}\`)
    seen.add(unit)
    seconds += Number(amount) * secondsIn(unit as Unit)
`,
      }),
    ),
    call('file_edit', {
      path: 'src/parse-duration.ts',
      old_text: '  let seconds = 0\n',
      new_text: '  const seen = new Set<string | undefined>()\n  let seconds = 0\n',
    }),
    call('verify'),
    finish(
      'parseDuration reads one part after the other to the end of the text, so no unit is lost; anything else in the text and a unit named twice are refused with a SyntaxError. Two tests cover the refusals.',
    ),
  ],
  judging: [
    call('submit_judgement', {
      verdict: 'pass',
      confidence: 'high',
      checks: {
        intent_alignment: 'pass',
        scope_control: 'pass',
        test_evidence: 'pass',
        unrelated_change: 'pass',
        risk: 'low',
      },
      required_human_attention: ['Callers that relied on text around a duration being ignored now get a SyntaxError.'],
      reasons: [
        {
          text: 'Every criterion has a test that passes, and the red test of the base commit passes now.',
          evidence_refs: ['TASK'],
        },
      ],
    }),
  ],
}
