import type { PhaseKind, ProfilePhase } from '#domain/verification'
import { anyHolds, pathsLike, type BaseTree } from './base-tree.ts'

/** A tool that a repository may use besides its tests, and what it looks like when it does. */
interface CheckRow {
  readonly id: string
  readonly kind: Extract<PhaseKind, 'format' | 'lint' | 'types'>
  /** Any of these paths, or of these files with that text, is a sign. */
  readonly paths?: RegExp
  readonly texts?: readonly (readonly [paths: RegExp, text: RegExp])[]
  readonly argv: readonly string[]
  /** Tells whether the tool is there; see `ProfilePhase`. */
  readonly tool: readonly string[]
  readonly shown: string
  readonly env?: Readonly<Record<string, string>>
  readonly timeout_seconds?: number
}

const PYPROJECT = /^pyproject\.toml$/
const PIPELINES = /^(?:\.github\/workflows\/[^/]+\.ya?ml|\.gitlab-ci\.yml|Makefile|justfile)$/
const CARGO_MANIFESTS = /(?:^|\/)Cargo\.toml$/
const bin = (name: string): string => `node_modules/.bin/${name}`
const python = (...words: readonly string[]): readonly string[] => ['{python}', '-m', ...words]

/** One table for each ecosystem; `{python}` is the interpreter that the tests run with. */
const TABLES = {
  node: [
    {
      id: 'eslint',
      kind: 'lint',
      paths: /^(?:eslint\.config\.[cm]?[jt]s|\.eslintrc(?:\.(?:json|ya?ml|c?js))?)$/,
      argv: [bin('eslint'), '.'],
      tool: [bin('eslint'), '--version'],
      shown: 'npx eslint .',
    },
    {
      id: 'biome',
      kind: 'lint',
      paths: /^biome\.jsonc?$/,
      argv: [bin('biome'), 'check', '.'],
      tool: [bin('biome'), '--version'],
      shown: 'npx biome check .',
    },
    {
      id: 'oxlint',
      kind: 'lint',
      paths: /^\.oxlintrc\.json$/,
      argv: [bin('oxlint')],
      tool: [bin('oxlint'), '--version'],
      shown: 'npx oxlint',
    },
    {
      id: 'prettier',
      kind: 'format',
      paths: /^(?:\.prettierrc(?:\.\w+)?|prettier\.config\.[cm]?[jt]s)$/,
      texts: [[/^package\.json$/, /^ {2}"prettier": \{/m]],
      argv: [bin('prettier'), '--check', '.'],
      tool: [bin('prettier'), '--version'],
      shown: 'npx prettier --check .',
    },
  ],
  python: [
    {
      id: 'ruff',
      kind: 'lint',
      paths: /^\.?ruff\.toml$/,
      texts: [[PYPROJECT, /^\[tool\.ruff[\].]/m]],
      argv: python('ruff', 'check', '--no-cache', '.'),
      tool: python('ruff', '--version'),
      shown: 'ruff check .',
    },
    {
      id: 'ruff_format',
      kind: 'format',
      texts: [
        [PYPROJECT, /^\[tool\.ruff\.format\]/m],
        [PIPELINES, /ruff format/],
        [/^\.pre-commit-config\.yaml$/, /\bruff-format\b/],
      ],
      argv: python('ruff', 'format', '--check', '--no-cache', '.'),
      tool: python('ruff', '--version'),
      shown: 'ruff format --check .',
    },
    {
      id: 'black',
      kind: 'format',
      texts: [[PYPROJECT, /^\[tool\.black\]/m]],
      argv: python('black', '--check', '-q', '.'),
      tool: python('black', '--version'),
      shown: 'black --check .',
    },
    {
      id: 'flake8',
      kind: 'lint',
      paths: /^\.flake8$/,
      texts: [[/^(?:setup\.cfg|tox\.ini)$/, /^\[flake8\]/m]],
      argv: python('flake8'),
      tool: python('flake8', '--version'),
      shown: 'flake8',
    },
    {
      id: 'mypy',
      kind: 'types',
      paths: /^\.?mypy\.ini$/,
      texts: [
        [PYPROJECT, /^\[tool\.mypy\]/m],
        [/^setup\.cfg$/, /^\[mypy\]/m],
      ],
      // Without files of its own configuration mypy wants to be told some; what it is told comes first otherwise.
      argv: [
        'sh',
        '-c',
        'grep -qsE "^ *(files|packages|modules) *=" pyproject.toml mypy.ini .mypy.ini setup.cfg && exec "$0" -m mypy; exec "$0" -m mypy .',
        '{python}',
      ],
      tool: python('mypy', '--version'),
      shown: 'mypy',
      env: { MYPY_CACHE_DIR: '/tmp/mypy' },
    },
  ],
  java: [],
  go: [
    {
      id: 'gofmt',
      kind: 'format',
      paths: /\.go$/,
      // gofmt names the files that it would change, and ends with 0.
      argv: [
        'sh',
        '-c',
        'found=$(find . -name "*.go" -not -path "*/vendor/*" -exec gofmt -l {} +) || exit 1; [ -z "$found" ] || { echo "$found"; exit 1; }',
      ],
      tool: ['sh', '-c', 'command -v gofmt'],
      shown: 'gofmt -l .',
    },
  ],
  rust: [
    {
      id: 'rustfmt',
      kind: 'format',
      paths: /(?:^|\/)\.?rustfmt\.toml$/,
      texts: [[PIPELINES, /cargo fmt/]],
      argv: ['cargo', 'fmt', '--all', '--check'],
      tool: ['cargo', 'fmt', '--version'],
      shown: 'cargo fmt --all --check',
    },
    {
      id: 'clippy',
      kind: 'lint',
      paths: /(?:^|\/)\.?clippy\.toml$/,
      texts: [
        [CARGO_MANIFESTS, /^\[(?:workspace\.)?lints\.clippy\]/m],
        [PIPELINES, /cargo clippy/],
      ],
      argv: ['cargo', 'clippy', '--workspace', '--all-targets'],
      tool: ['cargo', 'clippy', '--version'],
      shown: 'cargo clippy --workspace --all-targets',
      timeout_seconds: 900,
    },
  ],
} as const satisfies Readonly<Record<string, readonly CheckRow[]>>

/** What a profile knows when it asks for its checks. */
interface Asking {
  readonly python?: string
  readonly env?: Readonly<Record<string, string>>
  /** Kinds that the repository's own scripts tell already. */
  readonly told?: ReadonlySet<PhaseKind>
}

/**
 * The formatters, linters and type checkers that the base commit is set up for. They warn: a failure that was there
 * before is known by its phase, and who wants more says so in `.gander/verify.yaml`. They come behind the tests, because
 * such a tool may write to the tree.
 */
export async function optionalChecks(
  tree: BaseTree,
  ecosystem: keyof typeof TABLES,
  { python: interpreter = 'python3', env = {}, told = new Set() }: Asking = {},
): Promise<readonly ProfilePhase[]> {
  const rows: readonly CheckRow[] = TABLES[ecosystem]
  const signs = await Promise.all(rows.map((row) => hasSign(tree, row)))
  const said = (words: readonly string[]) => words.map((word) => (word === '{python}' ? interpreter : word))
  return rows
    .filter((row, at) => signs[at] === true && !told.has(row.kind))
    .map(({ id, kind, argv, tool, shown, timeout_seconds = 300, ...row }) => {
      const own = { ...env, ...row.env }
      return {
        id,
        kind,
        argv: said(argv),
        tool: said(tool),
        shown,
        timeout_seconds,
        required: false,
        ...(Object.keys(own).length > 0 ? { env: own } : {}),
      }
    })
}

async function hasSign(tree: BaseTree, { paths, texts = [] }: CheckRow): Promise<boolean> {
  if (paths !== undefined && pathsLike(tree, paths).length > 0) return true
  const found = await Promise.all(texts.map(([where, text]) => anyHolds(tree, where, text)))
  return found.includes(true)
}
