import { describe, expect, it } from 'vitest'
import { applyHunks } from './apply-hunks.ts'
import { readPatch } from './unified-diff.ts'

/** Applies a patch of one file to a text. */
function patched(text: string, patch: string): string {
  const read = readPatch(patch)
  if (!read.ok) return `REFUSED ${read.refusal}`
  const applied = applyHunks(text, read.value[0]?.hunks ?? [])
  return applied.ok ? applied.value : `REFUSED ${applied.refusal}`
}

const names = (patch: string) => {
  const read = readPatch(patch)
  return read.ok ? read.value.map(({ old_path, new_path }) => [old_path, new_path]) : read.refusal
}

const LINES = Array.from({ length: 20 }, (_, n) => `line ${n + 1}`)
const TEXT = `${LINES.join('\n')}\n`

describe('headers', () => {
  it.each([
    ['--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', [['x', 'x']]],
    ['--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n', [['x', 'x']]],
    ['--- a/x\n+++ a/x\n@@ -1 +1 @@\n-a\n+b\n', [['a/x', 'a/x']]],
    ['--- /dev/null\n+++ b/n/x\n@@ -0,0 +1 @@\n+b\n', [[null, 'n/x']]],
    ['--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n', [['x', null]]],
    ['--- a/x\t2024-01-01\n+++ b/x\t2024-01-02\n@@ -1 +1 @@\n-a\n+b\n', [['x', 'x']]],
    [
      'diff --git a/x b/x\nnew file mode 100755\nindex 000..1\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+b\n',
      [[null, 'x']],
    ],
    ['diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n', [['x', null]]],
    ['diff --git a/e b/e\nnew file mode 100644\nindex 000..e69\n', [[null, 'e']]],
    [
      'Here is my patch:\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n',
      [
        ['x', 'x'],
        ['y', 'y'],
      ],
    ],
  ])('%j names its files', (patch, expected) => expect(names(patch)).toEqual(expected))

  it.each([
    ['nothing here', 'no file header'],
    ['*** Begin Patch\n*** Update File: x\n', 'not a unified diff'],
    ['diff --git a/x b/y\nrename from x\nrename to y\n', 'renames'],
    ['diff --git a/x b/x\nGIT binary patch\n', 'binary'],
    ['--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-a\n+b\n', 'names no file'],
    ['--- a/x\n+++ b/x\n@@ -1,2 +1 @@\nfoo\n-a\n', 'begins with neither'],
    ['--- a/x\n+++ b/x\n@@ -1 +1 @@\n', 'is empty'],
  ])('%j is refused: %s', (patch, reason) => expect(names(patch)).toContain(reason))
})

describe('hunks', () => {
  const header = '--- a/x\n+++ b/x\n'

  it('go where they say', () => {
    expect(patched(TEXT, `${header}@@ -2,2 +2,2 @@\n line 2\n-line 3\n+three\n`)).toBe(
      TEXT.replace('line 3\n', 'three\n'),
    )
  })

  it('with a wrong line number go where their lines are', () => {
    expect(patched(TEXT, `${header}@@ -9,2 +9,2 @@\n line 2\n-line 3\n+three\n`)).toContain('line 2\nthree\n')
  })

  it('with wrong counts are read to their end', () => {
    expect(patched(TEXT, `${header}@@ -2,9 +2,7 @@\n line 2\n-line 3\n+three\n`)).toContain('line 2\nthree\nline 4')
    expect(
      patched(TEXT, `${header}@@ -2,1 +2,1 @@\n line 2\n-line 3\n+three\n@@ -5,1 +5,1 @@\n-line 5\n+five\n`),
    ).toContain('line 2\nthree\nline 4\nfive\n')
  })

  it('without numbers go to their one place, and are refused where there are several', () => {
    expect(patched(TEXT, `${header}@@\n-line 7\n+seven\n`)).toContain('line 6\nseven\nline 8')
    expect(patched('a\nb\na\nb\n', `${header}@@\n-a\n+c\n`)).toContain('its lines occur 2 times (lines 1, 3)')
  })

  it('of equal lines take the place nearest to their number', () => {
    expect(patched('a\nb\na\nb\na\n', `${header}@@ -3 +3 @@\n-a\n+c\n`)).toBe('a\nb\nc\nb\na\n')
  })

  it('a deleted line that looks like a header is one of its lines', () => {
    expect(patched('-- a/x\nkeep\n', `${header}@@ -1,2 +1,2 @@\n--- a/x\n+++ b\n keep\n`)).toBe('++ b\nkeep\n')
  })

  it('an empty line stands for an empty line of context', () => {
    expect(patched('a\n\nb\n', `${header}@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n`)).toBe('a\n\nc\n')
  })

  it('keep a missing line end, and make or remove one where the patch says so', () => {
    expect(patched('a\nb', `${header}@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n`)).toBe('c\nb')
    expect(patched('a\nb', `${header}@@ -2 +2 @@\n-b\n\\ No newline at end of file\n+b\n`)).toBe('a\nb\n')
    expect(patched('a\nb\n', `${header}@@ -2 +2 @@\n-b\n+b\n\\ No newline at end of file\n`)).toBe('a\nb')
  })

  it('keep carriage returns of the file', () => {
    expect(patched('a\r\nb\r\n', `${header}@@ -1,2 +1,3 @@\n a\n+x\n b\n`)).toBe('a\r\nx\r\nb\r\n')
  })

  it('append, prepend and insert by number alone', () => {
    expect(patched('a\n', `${header}@@ -1,0 +2 @@\n+b\n`)).toBe('a\nb\n')
    expect(patched('a\n', `${header}@@ -0,0 +1 @@\n+b\n`)).toBe('b\na\n')
  })

  it.each([
    [' line 2\n-line three\n+x\n', 'it fits from line 2 on, but line 3 is "line 3" and not "line three"'],
    ['   line 2\n-line 3\n+x\n', 'it differs in white space from lines 2-3'],
    [
      ' nowhere to be seen\n-line 3\n+x\n',
      'its first line "nowhere to be seen" is not in the file; line 3 is "line 3"',
    ],
    ['-zzz\n+x\n', 'none of its lines is in the file'],
  ])('%j that does not fit says where it departs', (hunk, reason) =>
    expect(patched(TEXT, `${header}@@ -2,2 +2,2 @@\n${hunk}`)).toContain(reason),
  )
})
