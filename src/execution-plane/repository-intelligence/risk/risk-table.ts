import type { RiskArea } from '#ports'

/** A kind of file in which a change can do more harm than its size tells. A file fits by any of the three. */
export interface RiskRule {
  readonly domain: string
  readonly level: RiskArea['level']
  readonly reason: string
  /** Words, or two words in a row, as a part of a name: `auth` in `user_auth.py` and `AuthFilter.java`, not in `author.py`. */
  readonly words?: string
  readonly paths?: RegExp
  /** The beginning of what a file imports of others. */
  readonly imports?: string
  /** True where the name means something in code alone, as `lock` does. */
  readonly code_only?: true
  /** What a note says where none was found; absent: nothing is said. */
  readonly absent?: string
}

/** Sensitive paths and domains, as data: one table, with the reason beside the pattern. Tests and documentation of them count too, for they say what is promised. */
export const RISK_RULES: readonly RiskRule[] = [
  {
    domain: 'authentication',
    level: 'high',
    reason: 'Decides who somebody is; a mistake lets strangers in.',
    words:
      'auth|authn|authentication|authenticator|login|logout|oauth|oauth2|oidc|saml|sso|jwt|session|password|passwd|credential|passkey|webauthn|totp|mfa',
    imports:
      'passport|jsonwebtoken|jose|next-auth|@auth/|openid-client|oauthlib|authlib|jwt|flask_login|django.contrib.auth|itsdangerous|passlib|org.springframework.security|io.jsonwebtoken|com.auth0|github.com/golang-jwt/|github.com/dgrijalva/jwt-go|golang.org/x/oauth2|devise|omniauth|oauth2|bcrypt|argon2|golang.org/x/crypto/bcrypt',
    absent: 'no_auth_file_detected',
  },
  {
    domain: 'authorization',
    level: 'high',
    reason: 'Decides what somebody may do.',
    words:
      'authz|authorization|authorize|permission|acl|rbac|abac|access control|accesscontrol|access policy|tenant|tenancy|csrf|cors',
  },
  {
    domain: 'cryptography',
    level: 'high',
    reason: 'Keeps or proves secrets; a weaker choice is seen by no test.',
    words:
      'crypto|cryptography|cipher|encrypt|encryption|decrypt|signing|signer|hmac|tls|ssl|x509|certificate|keystore|truststore|secret|vault',
    imports:
      'node:tls|tls|hmac|ssl|cryptography|Crypto|nacl|OpenSSL|javax.crypto|javax.net.ssl|java.security.KeyStore|java.security.cert|org.bouncycastle|crypto/tls|crypto/x509|crypto/rsa|crypto/aes|crypto/cipher|crypto/ecdsa|crypto/ed25519|crypto/hmac|crypto/subtle|golang.org/x/crypto|openssl|rustls|aes_gcm|ed25519_dalek|System.Security.Cryptography',
  },
  {
    domain: 'billing',
    level: 'high',
    reason: 'Moves or counts money.',
    words: 'billing|payment|payout|invoice|refund|pricing|tax|ledger|wallet|stripe|paypal|braintree|adyen|credit card',
    imports: 'stripe|@stripe/|braintree|paypalrestsdk|@paypal/|com.stripe|github.com/stripe/|adyen|@adyen/|com.adyen',
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
      /\.(tf|tfvars|hcl|bicep)$|(^|\/)(terraform|helm|charts|k8s|kubernetes|infra|infrastructure|ansible|pulumi|cloudformation|deploy|deployment)\/|(^|\/)(?<!\.devcontainer\/)(Dockerfile[^/]*|[^/]*\.dockerfile|docker-compose[^/]*\.ya?ml|compose\.ya?ml|serverless\.ya?ml|Procfile|fly\.toml|app\.yaml)$/i,
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
    words: 'lock|mutex|rwlock|semaphore|scheduler|threadpool|thread pool|concurrent|concurrency|queue|worker|atomic',
  },
  {
    domain: 'code_execution',
    level: 'high',
    reason: 'Starts programs or runs text as code; what reaches it must be known.',
    imports:
      'node:child_process|child_process|node:vm|vm|subprocess|pty|os/exec|java.lang.ProcessBuilder|javax.script|std::process::Command|tokio::process|System.Diagnostics.Process|open3|pickle|marshal|shelve',
  },
  {
    domain: 'personal_data',
    level: 'medium',
    reason: 'Law says what may be done with it.',
    words: 'pii|gdpr|ccpa|hipaa|consent|privacy|anonymize|anonymise|personal data|patient|medical',
  },
  {
    domain: 'licence',
    level: 'medium',
    reason: 'Says under which terms all of this is given.',
    paths: /(^|\/)(LICEN[CS]E|COPYING|NOTICE|PATENTS)(-[\w.-]+)?(\.(md|txt|rst))?$/i,
  },
  {
    domain: 'submodules',
    level: 'medium',
    reason: 'Takes in another repository whole.',
    paths: /(^|\/)\.gitmodules$/,
  },
]
