import type { RiskArea } from '#ports'

/** A kind of file in which a change can do more harm than its size tells. */
export interface RiskRule {
  readonly domain: string
  readonly level: RiskArea['level']
  readonly reason: string
  readonly paths: RegExp
  /** True where the name means something in code alone, as `lock` does. */
  readonly code_only?: true
  /** What a note says where none was found; absent: nothing is said. */
  readonly absent?: string
}

/** A word as a part of a name: `auth` in `user_auth.py`, `AuthFilter.java` and `auth/`, not in `author.py`. */
const named = (words: string): RegExp =>
  new RegExp(
    `(^|[/_.-])(${words})(s|ed|ing)?(?=[/_.-]|[A-Z]|$)|[a-z0-9](${capitalised(words)})(s)?(?=[/_.-]|[A-Z]|$)|(^|/)(${capitalised(words)})(s)?(?=[/_.-]|[A-Z]|$)`,
  )

const capitalised = (words: string): string =>
  words.replaceAll(/(^|\|)(\w)/g, (_, bar: string, letter: string) => bar + letter.toUpperCase())

/** Sensitive paths and domains, as data; tests and documentation of them count too, for they say what is promised. */
export const RISK_RULES: readonly RiskRule[] = [
  {
    domain: 'authentication',
    level: 'high',
    reason: 'Decides who somebody is; a mistake lets strangers in.',
    paths: named(
      'auth|authn|authentication|login|logout|oauth|oauth2|oidc|saml|sso|jwt|session|password|credential|passkey|totp|mfa',
    ),
    absent: 'no_auth_file_detected',
  },
  {
    domain: 'authorization',
    level: 'high',
    reason: 'Decides what somebody may do.',
    paths: named('authz|authorization|permission|acl|rbac|abac|access_control|accesscontrol|policies|tenant|tenancy'),
  },
  {
    domain: 'cryptography',
    level: 'high',
    reason: 'Keeps or proves secrets; a weaker choice is seen by no test.',
    paths: named(
      'crypto|cipher|encrypt|encryption|decrypt|signing|signature|hmac|tls|ssl|x509|certificate|keystore|secret|secrets|vault',
    ),
  },
  {
    domain: 'billing',
    level: 'high',
    reason: 'Moves or counts money.',
    paths: named('billing|payment|payout|invoice|checkout|refund|subscription|pricing|tax|ledger|wallet|stripe|paypal'),
  },
  {
    domain: 'database_schema',
    level: 'high',
    reason: 'Changes data that exists; going back may lose some of it.',
    paths:
      /(^|\/)(migrations?|migrate|alembic|flyway|liquibase|db\/(migrate|schema)[^/]*)\/|(^|\/)(schema\.(sql|rb|prisma)|structure\.sql)$|(^|\/)V\d+(_\d+)*__[^/]+\.sql$/i,
    absent: 'no_database_schema_detected',
  },
  {
    domain: 'infrastructure',
    level: 'high',
    reason: 'Says what runs where; a change of it reaches production.',
    paths:
      /\.(tf|tfvars|hcl|bicep)$|(^|\/)(terraform|helm|charts|k8s|kubernetes|infra|infrastructure|ansible|pulumi|cloudformation|deploy|deployment)\/|(^|\/)(Dockerfile[^/]*|[^/]*\.dockerfile|docker-compose[^/]*\.ya?ml|compose\.ya?ml|serverless\.ya?ml|Procfile|fly\.toml|app\.yaml)$/i,
  },
  {
    domain: 'ci',
    level: 'high',
    reason: 'Runs with the rights of the project, and says what is checked.',
    paths:
      /^\.github\/(workflows|actions)\/|(^|\/)(\.gitlab-ci[^/]*\.ya?ml|Jenkinsfile[^/]*|azure-pipelines[^/]*\.ya?ml|\.travis\.yml|\.drone\.ya?ml|bitbucket-pipelines\.yml|appveyor\.yml|\.buildkite\/.*|\.circleci\/.*|\.woodpecker(\.ya?ml|\/.*))$/,
  },
  {
    domain: 'ownership',
    level: 'high',
    reason: 'Says who must agree to a change.',
    paths: /(^|\/)(CODEOWNERS|OWNERS|MAINTAINERS)$/,
  },
  {
    domain: 'agent_instructions',
    level: 'high',
    reason: 'Is read by agents; a change steers those that come later.',
    paths:
      /(^|\/)(AGENTS|CLAUDE|GEMINI|copilot-instructions)\.md$|(^|\/)\.(cursorrules|windsurfrules|clinerules)$|(^|\/)\.(gander|claude|codex|cursor)\//i,
  },
  {
    domain: 'secrets_on_disk',
    level: 'high',
    reason: 'May hold a key or a password.',
    paths:
      /(^|\/)(\.env(\.[^/]*)?|[^/]*\.(pem|key|p12|pfx|jks|keystore)|id_(rsa|dsa|ecdsa|ed25519)|\.npmrc|\.pypirc|\.netrc)$/,
  },
  {
    domain: 'dependencies',
    level: 'medium',
    reason: "Brings in code of others that runs with this project's rights.",
    paths:
      /(^|\/)(package(-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|pyproject\.toml|poetry\.lock|uv\.lock|Pipfile(\.lock)?|requirements[^/]*\.txt|setup\.(py|cfg)|pom\.xml|build\.gradle(\.kts)?|gradle\.lockfile|libs\.versions\.toml|go\.(mod|sum)|Cargo\.(toml|lock)|Gemfile(\.lock)?|[^/]+\.gemspec|composer\.(json|lock)|[^/]+\.csproj|packages\.lock\.json)$/,
  },
  {
    domain: 'public_api',
    level: 'medium',
    reason: 'Others build on it; a change breaks them without a test here that fails.',
    paths:
      /\.(proto|graphql|graphqls|avsc|thrift|wsdl|xsd|d\.ts)$|(^|\/)(openapi|swagger|asyncapi)[^/]*\.(ya?ml|json)$|(^|\/)(api|public)\/[^/]*\.(ya?ml|json)$/i,
  },
  {
    domain: 'build_scripts',
    level: 'medium',
    reason: 'Runs on every machine that builds or installs.',
    paths:
      /(^|\/)(Makefile|makefile|justfile|Taskfile\.ya?ml|build\.rs|binding\.gyp|gulpfile\.[cm]?[jt]s|Gruntfile\.js|Rakefile|mvnw|gradlew|configure(\.ac)?|CMakeLists\.txt|setup\.py|conftest\.py)$|(^|\/)(\.husky|\.githooks)\//,
  },
  {
    domain: 'concurrency',
    level: 'medium',
    reason: 'Fails rarely and late; a test that passes once proves little.',
    code_only: true,
    paths: named('lock|mutex|semaphore|scheduler|threadpool|thread_pool|concurrent|concurrency|queue|worker'),
  },
  {
    domain: 'personal_data',
    level: 'medium',
    reason: 'Law says what may be done with it.',
    paths: named('pii|gdpr|ccpa|hipaa|consent|privacy|anonymi[sz]e|personal_data|patient|medical'),
  },
  {
    domain: 'licence',
    level: 'medium',
    reason: 'Says under which terms all of this is given.',
    paths: /(^|\/)(LICEN[CS]E|COPYING|NOTICE|PATENTS)[^/]*$/i,
  },
  {
    domain: 'submodules',
    level: 'medium',
    reason: 'Takes in another repository whole.',
    paths: /(^|\/)\.gitmodules$/,
  },
]
