/** Languages whose tests are understood case by case. */
export type TestLanguage = 'javascript' | 'python' | 'java' | 'go' | 'rust' | 'ruby' | 'csharp' | 'php'

const LANGUAGES: readonly (readonly [RegExp, TestLanguage])[] = [
  [/\.[cm]?[jt]sx?$|\.(?:vue|svelte)$/, 'javascript'],
  [/\.py$/, 'python'],
  [/\.(?:java|kt|kts|groovy|scala)$/, 'java'],
  [/\.go$/, 'go'],
  [/\.rs$/, 'rust'],
  [/\.rb$/, 'ruby'],
  [/\.cs$/, 'csharp'],
  [/\.php$/, 'php'],
]
const TEST_NAMES =
  /\.(?:test|spec|tests|cy|e2e|it)\.[cm]?[jt]sx?$|(?:^|\/)(?:test_[^/]*|[^/]*_tests?|tests?)\.py$|(?:^|\/)(?:[^/]+(?:Test|Tests|TestCase|IT|Spec)|Test[A-Z][^/]*)\.(?:java|kt|groovy|scala|cs|php)$|_test\.go$|_(?:test|spec)\.rb$/
const TEST_FOLDERS =
  /(?:^|\/)(?:__tests__|tests?|specs?|e2e|integration-tests?)\/|(?:^|\/)src\/(?:test|it|integrationTest|testFixtures)\//
const CONFIGURATION =
  /(?:^|\/)(?:vite(?:st)?\.(?:config|workspace|setup)[^/]*|jest[.-](?:config|setup|preset|environment)[^/]*|\.mocharc[^/]*|mocha\.opts|ava\.config[^/]*|karma\.conf[^/]*|playwright[.-]?\w*\.config[^/]*|cypress\.config[^/]*|\.nycrc[^/]*|\.c8rc[^/]*|\.taprc|pytest\.ini|\.pytest\.ini|conftest\.py|tox\.ini|setup\.cfg|noxfile\.py|\.coveragerc|pyproject\.toml|pom\.xml|[^/]*\.gradle(?:\.kts)?|junit-platform\.properties|package\.json|[Mm]akefile|GNUmakefile|nextest\.toml|Cargo\.toml|bunfig\.toml|deno\.jsonc?|\.golangci\.ya?ml|\.eslintrc[^/]*|eslint\.config[^/]*|mypy\.ini|\.flake8|ruff\.toml|\.circleci\/config\.yml|\.travis\.yml|azure-pipelines\.ya?ml|Jenkinsfile|appveyor\.yml|\.coveragerc|justfile|Taskfile\.ya?ml|tsconfig[^/]*\.json|codecov\.ya?ml|\.codecov\.ya?ml|phpunit\.xml[^/]*|\.rspec)$|(?:^|\/)\.github\/workflows\/|\.gitlab-ci\.ya?ml$|(?:^|\/)\.gander\/verify\.ya?ml$/
const SNAPSHOT =
  /(?:^|\/)__snapshots__\/|\.(?:snap|ambr|approved\.\w+|golden|snapshot|expected|stdout|stderr)$|(?:^|\/)(?:testdata|golden|__snapshots__|snapshots)\/.*\.(?:golden|txt|out|json|snap|svg|html|raw|md|xml|toml)$/

/** The language of a path, by its ending. */
export const languageOf = (path: string): TestLanguage | undefined =>
  LANGUAGES.find(([ending]) => ending.test(path))?.[1]

/** True for a file that a test runner would take for tests, or that lies among tests. */
export const isTestFile = (path: string): boolean =>
  TEST_NAMES.test(path) || (TEST_FOLDERS.test(path) && languageOf(path) !== undefined)

/** True for a file whose name alone makes a runner collect it. */
export const isCollected = (path: string): boolean =>
  TEST_NAMES.test(path) || /(?:^|\/)(?:__tests__|tests?)\/[^/]+\.[cm]?[jt]sx?$/.test(path)

/** True for what tells a runner which tests to run and when to be content. */
export const isRunnerConfiguration = (path: string): boolean => CONFIGURATION.test(path)

/** True for a path whose name, and not its folder alone, makes a runner collect it. */
export const isNamedAsTest = (path: string): boolean => TEST_NAMES.test(path)

/** True for recorded expectations. */
export const isSnapshot = (path: string): boolean => SNAPSHOT.test(path)
