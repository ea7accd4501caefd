import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { calibrateGates, joinCalibrations } from '../calibrate-gates.ts'
import type { Sources } from '../sabotage.ts'
import { editsIn, readProof, type ProofChange } from './read-proof.ts'
import { provedChanges, unproved } from './sabotage-of-proof.ts'

const GATES = join(import.meta.dirname, '../../../../evals/gates')
const PROJECTS = { till: 'repository', shelf: 'shelf' } as const

function sourcesOf(project: keyof typeof PROJECTS): Sources {
  const folder = join(GATES, PROJECTS[project])
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
  const files = paths.filter((path) => statSync(join(folder, path)).isFile())
  return new Map(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')]))
}

const CHANGES = readdirSync(join(GATES, 'proof')).map((name): ProofChange => {
  const read = readProof(readFileSync(join(GATES, 'proof', name), 'utf8'))
  if (!read.ok) throw new Error(`${name}: ${read.refusal}`)
  return read.value
})
const setOf = (project: keyof typeof PROJECTS, whole: boolean) => ({
  changes: CHANGES.filter((change) => change.project === project),
  sources: sourcesOf(project),
  whole,
})

describe('the changes that prove gates are tried on', () => {
  it.each(CHANGES.map((change) => [change.name, change] as const))('%s: it fits its project', (_, change) => {
    expect(editsIn([...change.code, ...change.tests], sourcesOf(change.project))).not.toBeUndefined()
  })

  it.each(['till', 'shelf'] as const)('of %s can each be written in each bad way, no two the same', async (project) => {
    const set = setOf(project, true)
    const bad = unproved(set)
    const edits = await Promise.all(bad.map(async (each) => each.apply(set.sources, 0)))
    expect(bad.filter((_, at) => edits[at] === undefined).map(({ name }) => name)).toEqual([])
    expect(new Set(edits.map((each) => JSON.stringify(each))).size).toBe(bad.length)
    expect(new Set(bad.map(({ name }) => name)).size).toBe(bad.length)
  })

  it('are at least twenty for each gate, and a few in a sample, which has each way', () => {
    const all = (whole: boolean) => [setOf('till', whole), setOf('shelf', whole)].flatMap(unproved)
    for (const gate of ['red_green', 'test_strength'] as const) {
      expect(all(true).filter((each) => each.gate === gate).length).toBeGreaterThanOrEqual(20)
      expect(all(false).filter((each) => each.gate === gate).length).toBeLessThanOrEqual(14)
    }
    expect(provedChanges(setOf('shelf', true)).every(({ asked }) => asked !== undefined)).toBe(true)
  })

  it('are refused where they do not say what they are', () => {
    expect(readProof('name: x').ok).toBe(false)
    expect(readProof('[').ok).toBe(false)
  })
})

describe('a calibration', () => {
  it('counts the same change once, and another gate’s no is nothing that a gate caught', async () => {
    const same = (name: string) => ({ name, gate: 'red_green' as const, apply: () => [{ path: 'a', content: 'b' }] })
    const found = await calibrateGates({
      sources: new Map(),
      bad: [same('one'), same('another')],
      honest: [],
      seed: 0,
      gates: async () => [
        { gate: 'verification', answer: 'fail', decided_by: 'deterministic', reason: 'x', findings: [], evidence: [] },
      ],
      signal: new AbortController().signal,
    })
    expect(found.gates).toMatchObject([{ gate: 'red_green', caught: { hits: 0, of: 1 }, standing: 'advice' }])
    expect(joinCalibrations([found, found]).gates).toMatchObject([{ caught: { hits: 0, of: 2 } }])
  })
})
