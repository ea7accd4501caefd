import type { TestOutcome, TestResult } from '#domain/verification'
import { lostTests, testResult } from './test-result.ts'

const POINT = /^(\s*)(not )?ok\b(?:\s+(\d+))?(?:\s*-)?\s*(.*?)(?:\s+#\s*(skip|todo)\b\s*(.*))?$/i
const DEEPEST = 32
const LONGEST_LINE = 8_000

/** What the top level of a document said of itself. */
interface Level {
  planned: number | undefined
  plans: number
  points: number
  /** Numbers that did not follow the one before. */
  out_of_order: number
  bailed: boolean
}

/**
 * Reads TAP 13 and 14 with subtests and YAML diagnostics; undefined when there is neither a version, plan nor point. A
 * document without its plan, or whose points are not those of the plan in their order, has an error of its own: tests
 * print to the same place, and what they print may look like points.
 */
export function parseTap(text: string): readonly TestResult[] | undefined {
  const tests: TestResult[] = []
  /** Names of the open subtests by depth. */
  const open: string[] = []
  const level: Level = { planned: undefined, plans: 0, points: 0, out_of_order: 0, bailed: false }
  let recognised = false
  let previousDepth = 0
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = (lines[at] ?? '').slice(0, LONGEST_LINE).trimEnd()
    if (/^TAP version 1[34]$|^\s*1\.\.\d+/.test(line)) recognised = true
    const subtest = /^(\s*)# Subtest: (.*)$/.exec(line)
    if (subtest !== null) {
      const depth = Math.min(DEEPEST, depthOf(subtest[1] ?? ''))
      open.length = depth
      open[depth] = subtest[2] ?? ''
      continue
    }
    const point = POINT.exec(line)
    if (point === null) {
      readPlan(line, level)
      if (line.startsWith('Bail out!'))
        tests.push(testResult({ names: ['Bail out!'], outcome: 'error', message: line }))
      continue
    }
    recognised = true
    const depth = Math.min(DEEPEST, depthOf(point[1] ?? ''))
    if (depth === 0) countPoint(point, level)
    const block = yamlBlock(lines, at + 1)
    at = block.end - 1
    const children = previousDepth > depth
    previousDepth = depth
    const outcome = outcomeOf(point)
    if (children && (outcome === 'passed' || /subtests? failed/.test(block.text))) continue
    tests.push(toResult(open.slice(0, depth), point, outcome, block.text))
  }
  if (!recognised) return undefined
  const trouble = troubleOf(level)
  return trouble === undefined ? tests : [...tests, lostTests([], trouble)]
}

function readPlan(line: string, level: Level): void {
  const plan = /^1\.\.(\d+)\b/.exec(line)
  if (plan !== null) {
    level.plans++
    level.planned = Number(plan[1])
  }
  if (line.startsWith('Bail out!')) level.bailed = true
}

function countPoint([, , , number]: RegExpExecArray, level: Level): void {
  level.points++
  if (number !== undefined && Number(number) !== level.points) level.out_of_order++
}

function troubleOf({ planned, plans, points, out_of_order, bailed }: Level): string | undefined {
  if (bailed) return undefined
  if (planned === undefined) return `the output ends after ${points} points without its plan`
  if (plans > 1) return `there are ${plans} plans`
  if (planned !== points) return `there are ${points} points and ${planned} were planned`
  return out_of_order > 0 ? `${out_of_order} points do not have the number that follows` : undefined
}

function outcomeOf([, , not, , , directive]: RegExpExecArray): TestOutcome {
  if (directive !== undefined) return 'skipped'
  return not === undefined ? 'passed' : 'failed'
}

function toResult(parents: readonly string[], point: RegExpExecArray, outcome: TestOutcome, block: string): TestResult {
  const [, , , number, description = ''] = point
  const location = /location: '?([^'\n]+?):(\d+):\d+'?/.exec(block)
  const name = description === '' ? `test ${number ?? ''}` : description.replaceAll(/\\([#\\])/g, '$1')
  return testResult({
    names: [...parents, name],
    outcome,
    duration_ms: Number.parseFloat(/duration_ms: ([\d.]+)/.exec(block)?.[1] ?? ''),
    message: outcome === 'failed' ? block : undefined,
    line: location === null ? undefined : Number(location[2]),
  })
}

function yamlBlock(lines: readonly string[], from: number): { readonly text: string; readonly end: number } {
  if (!/^\s+---/.test(lines[from] ?? '')) return { text: '', end: from }
  let end = from + 1
  while (end < lines.length && end - from < 400 && !/^\s+\.\.\.\s*$/.test(lines[end] ?? '')) end++
  return { text: lines.slice(from + 1, end).join('\n'), end: end + 1 }
}

const depthOf = (indent: string): number => Math.floor(indent.replaceAll('\t', '    ').length / 4)
