import type { Ecosystem, VerificationProfile } from '#domain/verification'
import { coverChangedLines, openCoverage } from '#execution-plane/line-coverage'
import { addedLines, contentOf } from '#execution-plane/patch'
import { REACHING, type ChangedText, type CoverageMeasure } from '#execution-plane/verifier'
import type { Sandbox } from '#ports'

/** Compiled or measured by a provider that the platform does not add. */
const UNMEASURED = /\b(?:vitest|tsx|ts-node|babel|swc|esbuild)\b/

/** What the platform's own means see run. */
const SOURCES: Partial<Readonly<Record<Ecosystem, RegExp>>> = { python: /\.py$/, node: /\.[cm]?[jt]s$/ }

/**
 * True where every changed source is measured, and coverage follows a test into the processes it starts: there a changed
 * line that is not reached was not run by it at all.
 */
export function canReach({ ecosystem, phases }: VerificationProfile, code: readonly ChangedText[]): boolean {
  const sources = SOURCES[ecosystem]
  if (sources === undefined || code.length === 0 || !code.every(({ path }) => sources.test(path))) return false
  return ecosystem === 'python' || !phases.some(({ argv }) => UNMEASURED.test(argv.join(' ')))
}

/** Measures which changed lines the phases reach whose ids end so. */
export const measureReach =
  ({ ecosystem }: VerificationProfile, code: readonly ChangedText[]) =>
  async (sandbox: Sandbox): Promise<CoverageMeasure> => {
    const changed = code.filter(({ after }) => after !== '').map((file) => ({ path: file.path, lines: linesOf(file) }))
    const texts = new Map(code.map(({ path, after }) => [path, after]))
    const files = changed.map(({ path }) => path)
    const session = await openCoverage({ sandbox, ecosystem, files, source: (path) => texts.get(path) })
    return {
      phase: (phase) => (phase.id.endsWith(REACHING) ? session.phase(phase) : phase),
      read: async () => {
        const read = await session.read()
        return read.known ? coverChangedLines(changed, read.hits, read.by) : { measured: false, reason: read.reason }
      },
    }
  }

function linesOf({ before, after }: ChangedText): readonly number[] {
  const [old, now] = [before, after].map((text) => contentOf(new TextEncoder().encode(text)))
  return now === undefined
    ? []
    : addedLines({ before: before === '' ? undefined : old, after: now }).map(({ line }) => line)
}
