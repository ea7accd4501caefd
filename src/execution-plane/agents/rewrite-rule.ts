import { z } from 'zod'
import { LineCounter, parseAllDocuments } from 'yaml'
import { ok, refuse, type Result } from '#domain/result'

/** One ast-grep rule with a fix, as its YAML document says it. */
export interface RewriteRule {
  readonly id: string
  readonly language: RewriteLanguage
  /** What ast-grep matches by: rule, constraints, transform and utility rules. */
  readonly matcher: {
    readonly rule: Readonly<Record<string, unknown>>
    readonly constraints?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    readonly transform?: unknown
    readonly utils?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
  readonly fix: string
  /** Globs of paths it applies to; empty means every file of the language. */
  readonly files: readonly string[]
  readonly ignores: readonly string[]
}

/** The languages that are built in, with the file names that belong to each. */
export const REWRITE_LANGUAGES = {
  TypeScript: /\.[cm]?ts$/i,
  Tsx: /\.tsx$/i,
  JavaScript: /\.([cm]?js|jsx)$/i,
  Html: /\.(html?|xhtml)$/i,
  Css: /\.css$/i,
} as const

type RewriteLanguage = keyof typeof REWRITE_LANGUAGES

const ALIASES: Readonly<Record<string, RewriteLanguage>> = {
  typescript: 'TypeScript',
  ts: 'TypeScript',
  tsx: 'Tsx',
  javascript: 'JavaScript',
  js: 'JavaScript',
  jsx: 'JavaScript',
  html: 'Html',
  css: 'Css',
}

const part = z.record(z.string(), z.unknown())
const schema = z.strictObject({
  id: z.string().min(1).max(200),
  language: z.string(),
  rule: part,
  constraints: z.record(z.string(), part).optional(),
  transform: z.unknown().optional(),
  utils: z.record(z.string(), part).optional(),
  fix: z.union([z.string(), z.strictObject({ template: z.string() })]),
  files: z.array(z.string()).optional(),
  ignores: z.array(z.string()).optional(),
  message: z.string().optional(),
  severity: z.string().optional(),
  note: z.string().nullish(),
  url: z.string().optional(),
  metadata: z.unknown().optional(),
})

/** Reads a rule file: one or more YAML documents. A refusal says what is wrong, in which line, and what is allowed. */
export function parseRewriteRules(source: string): Result<readonly RewriteRule[], string> {
  const lines = new LineCounter()
  const documents = parseAllDocuments(source, { lineCounter: lines, prettyErrors: false })
  if (!Array.isArray(documents) || documents.length === 0) return refuse('The rule file is empty.')
  const rules: RewriteRule[] = []
  for (const document of documents) {
    const [error] = document.errors
    if (error !== undefined) return refuse(`Line ${lines.linePos(error.pos[0]).line}: ${error.message}`)
    const start = document.contents?.range?.[0] ?? 0
    const rule = readRule(plainOf(document))
    if (!rule.ok) return refuse(`The rule in line ${lines.linePos(start).line}: ${rule.refusal}`)
    rules.push(rule.value)
  }
  return ok(rules)
}

/** A document whose aliases expand beyond the parser's bound throws; it is read as nothing. */
function plainOf(document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}

function readRule(document: unknown): Result<RewriteRule, string> {
  const parsed = schema.safeParse(document)
  if (!parsed.success) return refuse(parsed.error.issues.map(sayIssue).join('; '))
  const { id, language, rule, constraints, transform, utils, fix, files, ignores } = parsed.data
  const known = ALIASES[language.toLowerCase()]
  if (known === undefined)
    return refuse(
      `language ${JSON.stringify(language)} is not built in; ${Object.keys(REWRITE_LANGUAGES).join(', ')} are.`,
    )
  const matcher = {
    rule,
    ...(constraints === undefined ? {} : { constraints }),
    ...(transform === undefined ? {} : { transform }),
    ...(utils === undefined ? {} : { utils }),
  }
  const template = typeof fix === 'string' ? fix : fix.template
  return ok({ id, language: known, matcher, fix: template, files: files ?? [], ignores: ignores ?? [] })
}

function sayIssue(issue: z.core.$ZodIssue): string {
  const field = issue.path.join('.')
  if (field === 'fix')
    return 'fix must be a text, or an object with the single member template: without a fix nothing can be changed'
  return field === '' ? issue.message : `${field}: ${issue.message}`
}
