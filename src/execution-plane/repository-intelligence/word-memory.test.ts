import { expect, test } from 'vitest'
import { findRelevant } from './find-relevant.ts'
import { createWordMemory } from './word-memory.ts'

const FILES: Readonly<Record<string, string>> = {
  'src/retry.py': 'def retry_policy(count):\n    return count\n',
  'src/store.py': 'def shelf(lines):\n    return lines\n',
}

function search() {
  const read: string[] = []
  const list = Object.entries(FILES).map(([path, text]) => ({
    path,
    mode: '100644',
    blob: `b${path}`,
    bytes: text.length,
  }))
  return {
    read: async (path: string) => {
      read.push(path)
      return new TextEncoder().encode(FILES[path] ?? '')
    },
    reads: read,
    list,
    limit: 1,
    task: { title: 'The `retry_policy` counts', objective: 'retry policy', success_criteria: [] },
  }
}

test('a second search reads only the files it shows, and finds the same', async () => {
  const memory = createWordMemory()
  const [first, second] = [search(), search()]
  const cold = await findRelevant({ ...first, memory })
  const warm = await findRelevant({ ...second, memory })
  expect(warm).toEqual(cold)
  expect(cold.map(({ path }) => path)).toEqual(['src/retry.py'])
  expect(first.reads).toHaveLength(3)
  expect(second.reads).toEqual(['src/retry.py'])
})

test('without a memory the answer is the same', async () => {
  expect(await findRelevant(search())).toEqual(await findRelevant({ ...search(), memory: createWordMemory() }))
})

test('a full memory starts anew instead of growing', () => {
  const memory = createWordMemory(10)
  memory.learn('a', 'one two three four five six seven eight nine ten eleven')
  expect(memory.of('a')?.counts.size).toBeGreaterThan(5)
  memory.learn('b', 'shelf')
  expect(memory.of('a')).toBeUndefined()
  expect(memory.of('b')?.counts.get('shelf')).toBe(1)
})

test('a blob that is no text is remembered as such', () => {
  const memory = createWordMemory()
  expect(memory.learn('a', null)).toBeNull()
  expect(memory.of('a')).toBeNull()
  expect(memory.of('b')).toBeUndefined()
})
