import type { CodeIndex } from '#execution-plane/code-index'
import type { RankedFunction } from '#ports'
import type { Findings } from './features.ts'
import { FUNCTION_FEATURES, functionsOfRow, type FunctionFeature } from './function-scores.ts'
import type { Issue } from './issue.ts'
import { FUNCTION_WEIGHTS } from './weights.ts'

const MOST_FUNCTIONS = 5

/** The functions of a file that the issue is probably about, best first; what nothing speaks for is not told. */
export function rankFunctions(
  index: CodeIndex,
  findings: Findings,
  asked: { readonly issue: Issue; readonly row: number },
): readonly RankedFunction[] {
  const segment = index.segments[findings.ground.rows[asked.row]?.segment ?? 0]
  const ranked = functionsOfRow(index, findings, asked)
    .map(({ symbol, features }) => ({ symbol, score: scoreOf(features) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.symbol - b.symbol)
  const best = ranked[0]?.score ?? 0
  return ranked.slice(0, MOST_FUNCTIONS).flatMap(({ symbol, score }) => {
    const found = segment?.symbol(symbol)
    if (found === undefined) return []
    const { name, kind, container, start_line, end_line } = found
    const whole = container === undefined ? name : `${container}.${name}`
    return [{ name: whole, kind, start_line, end_line, score: Math.round((1_000 * score) / best) / 1_000 }]
  })
}

const scoreOf = (features: Readonly<Record<FunctionFeature, number>>): number =>
  FUNCTION_FEATURES.reduce((sum, feature) => sum + FUNCTION_WEIGHTS[feature] * features[feature], 0)
