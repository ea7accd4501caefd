import type { Ground, MappedFile } from '../ground/ground.ts'

const PATTERNS: Readonly<Record<string, RegExp>> = {
  TypeScript: /(?:\bfrom\s*|^import\s*|\brequire\(\s*|\bimport\(\s*)["'`]([^"'`\n]+)["'`]/,
  Python: /^(?:from|import)\s+([\w.]+)/,
  Go: /["`]([^"`]+)["`]/,
  Java: /^\s*import\s+(?:static\s+)?([\w.]+)/,
  Rust: /\buse\s+([\w:]+)/,
  Ruby: /\brequire\s*\(?\s*["']([^"']+)["']/,
  'C#': /^\s*using\s+(?:static\s+)?([\w.]+)/,
  C: /#\s*include\s*[<"]([^>"]+)[>"]/,
}
const SAME: Readonly<Record<string, string>> = { JavaScript: 'TypeScript', Kotlin: 'Java', 'C++': 'C' }

/** What a file imports of others, as its statements write it. */
export function importedNames(ground: Ground, file: MappedFile): readonly string[] {
  const { language = '' } = file
  const pattern = PATTERNS[SAME[language] ?? language]
  if (pattern === undefined) return []
  return ground.importsOf(file).flatMap((statement) => pattern.exec(statement)?.[1] ?? [])
}
