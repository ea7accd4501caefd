import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { write } from './policy-questions.ts'

describe('spellings of a protected name', () => {
  const NAMES = [
    '.github/workflows/ci.yml',
    'CODEOWNERS',
    'AGENTS.md',
    '.git/config',
    '.mcp.json',
    'package.json',
    '.env',
  ]
  const IGNORED = ['\u200b', '\u200d', '\u00ad', '\ufeff', '\u2060', '\ufe0f']
  const wide = (char: string) =>
    /[!-.0-~]/.test(char) ? String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0) : char
  const twist = (name: string, twists: readonly number[]) =>
    Array.from(name)
      .map((char, index) => {
        const choice = twists[index % twists.length] ?? 0
        if (char === '/') return char
        if (choice === 1) return char.toUpperCase()
        if (choice === 2) return char + (IGNORED[index % IGNORED.length] ?? '')
        return choice === 3 ? wide(char) : char
      })
      .join('')

  it('never open it, whatever letters and marks are used', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...NAMES),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }),
        fc.constantFrom('', '.', ' ', '. .', '::$DATA'),
        (name, twists, tail) => {
          const path = twist(name, twists) + tail
          expect(write(path).answer).not.toBe('allow')
          expect(write(path, { allowed_paths: ['**'] }).answer).not.toBe('allow')
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('a narrower scope never allows what a wider one denies', () => {
    const path = fc.constantFrom('src/a.ts', 'src/b/c.ts', 'docs/x.md', 'package.json', '.github/x', 'infra/y')
    const globs = fc.subarray(['src/**', 'docs/*', 'infra', '**/*.ts', '**', 'package.json'])
    fc.assert(
      fc.property(path, globs, globs, (name, allowed, forbidden) => {
        const wider = write(name, { allowed_paths: allowed })
        const narrower = write(name, { allowed_paths: allowed, forbidden_paths: forbidden })
        if (wider.answer !== 'allow') expect(narrower.answer).not.toBe('allow')
      }),
      { numRuns: 3000 },
    )
  })
})
