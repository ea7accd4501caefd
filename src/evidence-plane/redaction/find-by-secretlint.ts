import type { Span } from './span.ts'

/** Where one of these stands secretlint is asked too; where none does it is not even loaded. */
export const SECRETLINT_PREFIXES: readonly string[] = (
  'SG. shpat_ shpca_ shppa_ shpss_ gsk_ hf_ lin_api_ ntn_ glc_ glsa_ ops_ey hvs. hvb. hvr. vcp_ vci_ vca_ vcr_ vck_ ' +
  'dckr_pat_ figd_ cfk_ cfut_ cfat_ tskey- x-oauth-basic "private_key"'
).split(' ')
const BEFORE = 512
const AFTER = 3_072
/** Identifiers that secretlint reports although they open nothing. */
const NOT_SECRET: ReadonlySet<string> = new Set(['AWSAccountID'])

/**
 * Asks secretlint's recommended rules about the surroundings of a possible hit. Its `filter-comments` rule is left out:
 * with it `secretlint-disable` in the scanned text would switch the scan off. Windows keep its expressions, which are
 * not all linear, on a few kilobytes.
 */
export async function findBySecretlint(text: string, places: readonly number[]): Promise<readonly Span[]> {
  const windows = windowsOf(text, places)
  if (windows.length === 0) return []
  const lint = await (linter ??= loadLinter())
  const found: Span[] = []
  for (const { start, end } of windows)
    for (const span of await lint(text.slice(start, end)))
      found.push({ start: span.start + start, end: span.end + start, kind: span.kind })
  return found
}

function windowsOf(
  text: string,
  places: readonly number[],
): readonly { readonly start: number; readonly end: number }[] {
  const windows: { start: number; end: number }[] = []
  for (const index of places) {
    const last = windows.at(-1)
    const end = Math.min(text.length, index + AFTER)
    if (last !== undefined && index < last.end && index - last.start < 4 * AFTER) last.end = end
    else windows.push({ start: Math.max(0, index - BEFORE), end })
  }
  return windows
}

let linter: Promise<(text: string) => Promise<readonly Span[]>> | undefined

/** Loaded at the first hit: reading the rules takes some 40 ms. */
async function loadLinter(): Promise<(text: string) => Promise<readonly Span[]>> {
  const { lintSource } = await import('@secretlint/core')
  const { rules } = await import('@secretlint/secretlint-rule-preset-recommend')
  const config = {
    rules: rules
      .filter((rule) => !rule.meta.id.endsWith('filter-comments'))
      .map((rule) => ({ id: rule.meta.id, rule })),
  }
  return async (content) => {
    const source = { filePath: 'text', ext: '.txt', contentType: 'text' as const, content }
    const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } })
    return messages
      .filter((message) => message.type === 'message' && !NOT_SECRET.has(message.messageId))
      .map(({ range: [start, end], ruleId }) => ({ start, end, kind: kindOf(ruleId) }))
  }
}

const kindOf = (ruleId: string): string =>
  ruleId.replace('@secretlint/secretlint-rule-', '').replaceAll('-', '_').toLowerCase()

/** What the version of the redactor is made from. */
export const secretlintVersion = `secretlint 13.0.7 ${SECRETLINT_PREFIXES.join(' ')}`
