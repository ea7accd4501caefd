/** A program that keeps a convention, by the file that configures it. */
interface ConventionTool {
  readonly name: string
  readonly kind: 'formatter' | 'linter' | 'types' | 'commits' | 'hooks' | 'editor'
  readonly paths: RegExp
  /** What its text must hold where a file configures many. */
  readonly holds?: RegExp
}

const PYPROJECT = /^pyproject\.toml$|\/pyproject\.toml$/
const PACKAGE = /(^|\/)package\.json$/

/** Formatters, linters and checkers that are told by their configuration. */
export const CONVENTION_TOOLS: readonly ConventionTool[] = [
  { name: 'prettier', kind: 'formatter', paths: /(^|\/)(\.prettierrc[^/]*|prettier\.config\.[^/]+)$/ },
  { name: 'prettier', kind: 'formatter', paths: PACKAGE, holds: /^[ \t]*"prettier":[ \t]*[{"@]/m },
  { name: 'biome', kind: 'formatter', paths: /(^|\/)biome\.jsonc?$/ },
  { name: 'dprint', kind: 'formatter', paths: /(^|\/)\.?dprint\.jsonc?$/ },
  { name: 'oxfmt', kind: 'formatter', paths: /(^|\/)\.oxfmtrc\.jsonc?$/ },
  { name: 'oxfmt', kind: 'formatter', paths: PACKAGE, holds: /^[ \t]*"oxfmt":[ \t]*"/m },
  { name: 'standard', kind: 'linter', paths: PACKAGE, holds: /^[ \t]*"standard":[ \t]*["{]/m },
  { name: 'xo', kind: 'linter', paths: PACKAGE, holds: /^[ \t]*"xo":[ \t]*["{]/m },
  { name: 'eslint', kind: 'linter', paths: /(^|\/)(\.eslintrc[^/]*|eslint\.config\.[^/]+)$/ },
  { name: 'oxlint', kind: 'linter', paths: /(^|\/)\.oxlintrc\.jsonc?$/ },
  { name: 'stylelint', kind: 'linter', paths: /(^|\/)(\.stylelintrc[^/]*|stylelint\.config\.[^/]+)$/ },
  { name: 'typescript', kind: 'types', paths: /(^|\/)tsconfig[^/]*\.json$/ },
  { name: 'ruff', kind: 'linter', paths: /(^|\/)\.?ruff\.toml$/ },
  { name: 'ruff', kind: 'linter', paths: PYPROJECT, holds: /^\[tool\.ruff/m },
  { name: 'black', kind: 'formatter', paths: PYPROJECT, holds: /^\[tool\.black/m },
  { name: 'isort', kind: 'formatter', paths: PYPROJECT, holds: /^\[tool\.isort/m },
  { name: 'mypy', kind: 'types', paths: /(^|\/)\.?mypy\.ini$/ },
  { name: 'mypy', kind: 'types', paths: PYPROJECT, holds: /^\[tool\.mypy/m },
  { name: 'pyright', kind: 'types', paths: /(^|\/)pyrightconfig\.json$/ },
  { name: 'pyright', kind: 'types', paths: PYPROJECT, holds: /^\[tool\.pyright/m },
  { name: 'pylint', kind: 'linter', paths: /(^|\/)\.?pylintrc$/ },
  { name: 'flake8', kind: 'linter', paths: /(^|\/)\.flake8$/ },
  { name: 'flake8', kind: 'linter', paths: /(^|\/)(setup\.cfg|tox\.ini)$/, holds: /^\[flake8\]/m },
  { name: 'golangci-lint', kind: 'linter', paths: /(^|\/)\.golangci\.(ya?ml|toml|json)$/ },
  { name: 'gofmt', kind: 'formatter', paths: /(^|\/)go\.mod$/ },
  { name: 'rustfmt', kind: 'formatter', paths: /(^|\/)\.?rustfmt\.toml$/ },
  { name: 'clippy', kind: 'linter', paths: /(^|\/)\.?clippy\.toml$/ },
  { name: 'rubocop', kind: 'linter', paths: /(^|\/)\.rubocop\.yml$/ },
  { name: 'checkstyle', kind: 'linter', paths: /(^|\/)checkstyle[^/]*\.xml$/ },
  { name: 'spotless', kind: 'formatter', paths: /(^|\/)(build\.gradle(\.kts)?|pom\.xml)$/, holds: /spotless/ },
  { name: 'ktlint', kind: 'linter', paths: /(^|\/)(build\.gradle(\.kts)?)$/, holds: /ktlint/ },
  { name: 'detekt', kind: 'linter', paths: /(^|\/)detekt\.ya?ml$/ },
  { name: 'php-cs-fixer', kind: 'formatter', paths: /(^|\/)\.php-cs-fixer(\.dist)?\.php$/ },
  { name: 'phpcs', kind: 'linter', paths: /(^|\/)\.?phpcs\.xml(\.dist)?$/ },
  { name: 'phpstan', kind: 'types', paths: /(^|\/)phpstan\.neon(\.dist)?$/ },
  { name: 'clang-format', kind: 'formatter', paths: /(^|\/)\.clang-format$/ },
  { name: 'clang-tidy', kind: 'linter', paths: /(^|\/)\.clang-tidy$/ },
  { name: 'shellcheck', kind: 'linter', paths: /(^|\/)\.shellcheckrc$/ },
  { name: 'editorconfig', kind: 'editor', paths: /(^|\/)\.editorconfig$/ },
  { name: 'commitlint', kind: 'commits', paths: /(^|\/)(\.commitlintrc[^/]*|commitlint\.config\.[^/]+)$/ },
  { name: 'pre-commit', kind: 'hooks', paths: /(^|\/)\.pre-commit-config\.ya?ml$/ },
  { name: 'simple-git-hooks', kind: 'hooks', paths: PACKAGE, holds: /^[ \t]*"simple-git-hooks":[ \t]*\{/m },
  { name: 'husky', kind: 'hooks', paths: /(^|\/)\.husky\/[^_/][^/]*$/ },
  { name: 'lefthook', kind: 'hooks', paths: /(^|\/)\.?lefthook\.ya?ml$/ },
]
