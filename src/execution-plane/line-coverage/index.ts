/**
 * Measures which lines tests reach: makes a phase leave coverage behind by the platform's own means where it can (V8 for
 * Node, a tracer for Python, cover profiles for Go, what a project's own runner writes otherwise), reads the formats,
 * and says which changed lines were missed. Owns the readers and their bounds.
 */
export { coverChangedLines } from './changed-lines.ts'
export { openCoverage } from './open-coverage.ts'
export type { LineHits } from './line-hits.ts'
