/** A known format. Every quantifier is bounded, or runs over one class behind a look-behind on the same class. */
export interface CredentialFormat {
  readonly kind: string
  /** The expression is tried only where one of these begins: three characters or more; any case where it has `i`. */
  readonly anchors: readonly string[]
  /** How many characters before the anchor the expression begins; absent: 0. */
  readonly back?: number
  /** Sticky; the group `secret`, where there is one, is what is cut. */
  readonly expression: RegExp
  /** Says cheaply that the expression cannot match here; most words that stand at an anchor are only words. */
  readonly cannot?: (units: Uint16Array, anchor: number) => boolean
  /** Says no to a match that only looks like one. */
  readonly accepts?: (groups: Readonly<Record<string, string | undefined>>) => boolean
}

const DIGITS = Array.from('0123456789')
const HEX = Array.from('0123456789abcdef')

/**
 * A format that begins with one of a few words no ordinary text begins with: `body` follows, and neither a letter nor a
 * digit stands before or goes on after it.
 */
function prefixed(kind: string, prefixes: readonly string[], body: string, more = 'A-Za-z0-9'): CredentialFormat {
  const starts = prefixes.map((prefix) => prefix.replaceAll(/[.$+?*()[\]{}|^\\]/g, '\\$&')).join('|')
  return { kind, anchors: prefixes, expression: new RegExp(`(?<![A-Za-z0-9_-])(?:${starts})${body}(?![${more}])`, 'y') }
}

const withDigit = ({ 0: whole = '' }: Readonly<Record<string, string | undefined>>): boolean => /\d/.test(whole)

/** Formats that name themselves by how they begin. */
export const CREDENTIAL_FORMATS: readonly CredentialFormat[] = [
  prefixed('aws_access_key', ['AKIA', 'ASIA', 'ABIA', 'ACCA', 'AROA', 'AIDA'], '[A-Z0-9]{16}'),
  prefixed('aws_mws_token', ['amzn.mws.'], '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'),
  {
    kind: 'github_token',
    anchors: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    expression: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255})/y,
  },
  {
    kind: 'gitlab_token',
    anchors: 'glpat gldt glrt glrtr glcbt glptt glft glimt glagent glsoat glffct'.split(' ').map((word) => `${word}-`),
    expression: /(?<![A-Za-z0-9])gl[a-z]{2,5}-[A-Za-z0-9_.-]{20,300}/y,
  },
  {
    kind: 'slack_token',
    anchors: ['xox', 'xapp-'],
    expression:
      /(?<![A-Za-z0-9])(?:xox[abeoprs](?:\.xox[bp])?-(?:\d-)?[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250})/y,
    accepts: withDigit,
  },
  {
    kind: 'slack_token',
    anchors: ['hooks.slack.com'],
    expression: /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[A-Za-z0-9/_-]{20,120})/y,
    accepts: ({ secret = '' }) => /\d/.test(secret) && !/X{5}|0{8}/.test(secret),
  },
  {
    kind: 'stripe_key',
    anchors: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'whsec_'],
    expression: /(?<![A-Za-z0-9])(?:(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,247}|whsec_[A-Za-z0-9+/=]{24,128})/y,
    accepts: withDigit,
  },
  prefixed('npm_token', ['npm_'], '[A-Za-z0-9]{36}'),
  {
    kind: 'pypi_token',
    anchors: ['pypi-Ag'],
    expression: /pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{40,1000}/y,
  },
  {
    kind: 'google_key',
    anchors: ['AIza', 'GOCSPX-', 'ya29.'],
    expression:
      /(?<![A-Za-z0-9])(?:AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{24,40}|ya29\.[A-Za-z0-9_-]{20,1000})/y,
  },
  { kind: 'anthropic_key', anchors: ['sk-ant-'], expression: /sk-ant-[A-Za-z0-9_-]{20,300}/y, accepts: withDigit },
  {
    kind: 'openai_key',
    anchors: ['sk-'],
    expression:
      /(?<![A-Za-z0-9_-])sk-(?!ant-)(?:(?:proj|svcacct|admin|None|or-v1)-[A-Za-z0-9_-]{20,300}|[A-Za-z0-9]{32,128}(?![A-Za-z0-9_-]))/y,
    accepts: withDigit,
  },
  {
    kind: 'jwt',
    anchors: ['eyJ'],
    expression: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,8000}\.eyJ[A-Za-z0-9_-]{6,16000}\.[A-Za-z0-9_-]{16,8000}/y,
  },
  prefixed('age_key', ['AGE-SECRET-KEY-1'], '[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}'),
  // Clouds and hosting.
  {
    kind: 'azure_client_secret',
    anchors: DIGITS.map((digit) => `${digit}Q~`),
    back: 3,
    expression: /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])/y,
  },
  {
    kind: 'azure_signature',
    anchors: ['sig='],
    expression: /(?<=[?&;])sig=(?<secret>[A-Za-z0-9+/%]{43,80}(?:%3D|=))/iy,
  },
  prefixed('digitalocean_token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], '[a-f0-9]{64}'),
  prefixed('heroku_key', ['HRKU-AA'], '[A-Za-z0-9_-]{50,64}'),
  prefixed('fly_token', ['fm1_', 'fm2_', 'fm1r_', 'fm1a_', 'fo1_'], '[A-Za-z0-9+/_-]{40,1000}={0,2}'),
  prefixed('netlify_token', ['nfp_'], '[A-Za-z0-9_]{36}'),
  prefixed('cloudflare_key', ['v1.0-'], '[a-f0-9]{24}-[a-f0-9]{146}'),
  prefixed('cloudflare_key', ['cfk_', 'cfut_', 'cfat_'], '[A-Za-z0-9]{40}[a-f0-9]{8}'),
  { ...prefixed('alibaba_access_key', ['LTAI'], '[A-Za-z0-9]{12,24}'), accepts: withDigit },
  { ...prefixed('tencent_secret_id', ['AKID'], '[A-Za-z0-9]{32}'), accepts: withDigit },
  prefixed('yandex_key', ['AQVN'], '[A-Za-z0-9_-]{35,38}'),
  prefixed('vercel_token', ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'], '[A-Za-z0-9]{56}'),
  prefixed('databricks', ['dapi'], '[a-f0-9]{32}(?:-\\d)?'),
  prefixed('tailscale', ['tskey-'], '[a-z]{3,10}-[A-Za-z0-9]{8,40}(?:-[A-Za-z0-9]{16,60})?'),
  // Secret stores and infrastructure as code.
  prefixed('vault_token', ['hvs.', 'hvb.', 'hvr.'], '[A-Za-z0-9_-]{24,300}'),
  {
    kind: 'terraform_token',
    anchors: ['.atlasv1.'],
    back: 14,
    expression: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}/y,
  },
  prefixed('pulumi_token', ['pul-'], '[a-f0-9]{40}'),
  prefixed(
    'doppler_token',
    ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    '(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}',
  ),
  prefixed(
    'onepassword_key',
    ['A3-'],
    '[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}',
  ),
  prefixed('onepassword_token', ['ops_eyJ'], '[A-Za-z0-9+/_-]{100,4000}={0,3}'),
  // Forges, builds and quality.
  prefixed('bitbucket_token', ['ATBB'], '[A-Za-z0-9]{24,32}'),
  prefixed('atlassian_token', ['ATATT3', 'ATCTT3'], '[A-Za-z0-9_=-]{60,250}'),
  prefixed('circleci_token', ['CCIPAT_', 'CCIPRJ_'], '[A-Za-z0-9]{22}_[a-f0-9]{40}'),
  prefixed('buildkite_token', ['bkua_'], '[a-f0-9]{40}'),
  prefixed('sonar_token', ['sqp_', 'squ_', 'sqa_'], '[a-f0-9]{40}'),
  prefixed('postman_key', ['PMAK-'], '[a-f0-9]{24}-[a-f0-9]{34}'),
  // Registries of packages.
  prefixed('rubygems_key', ['rubygems_'], '[a-f0-9]{48}'),
  { ...prefixed('cargo_token', ['cio'], '[A-Za-z0-9]{32}'), accepts: withDigit },
  { ...prefixed('nuget_key', ['oy2'], '[a-z0-9]{43}'), accepts: withDigit },
  prefixed('dockerhub_token', ['dckr_pat_', 'dckr_oat_'], '[A-Za-z0-9_-]{27,32}'),
  prefixed('clojars_token', ['CLOJARS_'], '[a-z0-9]{60}'),
  { ...prefixed('jfrog_key', ['AKCp'], '[A-Za-z0-9]{60,75}'), accepts: withDigit },
  prefixed('jfrog_token', ['cmVmdGtu'], '[A-Za-z0-9]{56}'),
  // Chat, mail and telephony.
  {
    kind: 'discord_webhook',
    anchors: ['/api/webhooks/'],
    expression: /\/api\/webhooks\/\d{17,20}\/(?<secret>[A-Za-z0-9_-]{60,80})/y,
  },
  {
    kind: 'telegram_token',
    anchors: [':AA'],
    expression: /(?<=(?<!\d)\d{8,10}):(?<secret>AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])/y,
  },
  prefixed(
    'twilio_key',
    HEX.map((digit) => `SK${digit}`),
    '[a-f0-9]{31}',
  ),
  prefixed('sendgrid', ['SG.'], '[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{30,64}'),
  prefixed('mailgun_key', ['key-'], '[a-f0-9]{32}'),
  {
    kind: 'mailchimp_key',
    anchors: ['-us'],
    back: 32,
    expression: /(?<![A-Za-z0-9])[a-f0-9]{32}-us\d{1,2}(?![A-Za-z0-9])/y,
  },
  // Payment and shops.
  prefixed('square_token', ['sq0atp-', 'sq0csp-', 'sq0idp-'], '[A-Za-z0-9_-]{22,43}'),
  prefixed('braintree_token', ['access_token$production$', 'access_token$sandbox$'], '[a-z0-9]{16}\\$[a-f0-9]{32}'),
  prefixed('shopify_token', ['shpat_', 'shpca_', 'shppa_', 'shpss_'], '[a-fA-F0-9]{32}'),
  prefixed('razorpay_key', ['rzp_live_', 'rzp_test_'], '[A-Za-z0-9]{14}'),
  prefixed('flutterwave_key', ['FLWSECK-', 'FLWSECK_TEST-'], '[a-h0-9]{12,40}(?:-X)?'),
  prefixed(
    'plaid_token',
    ['access-sandbox-', 'access-development-', 'access-production-'],
    '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}',
  ),
  prefixed('easypost_key', ['EZAK', 'EZTK'], '[A-Za-z0-9]{54}'),
  // Models.
  prefixed('huggingface', ['hf_'], '[A-Za-z]{34}'),
  prefixed('groq_key', ['gsk_'], '[A-Za-z0-9]{52}'),
  prefixed('replicate_token', ['r8_'], '[A-Za-z0-9]{37}'),
  prefixed('perplexity_key', ['pplx-'], '[A-Za-z0-9]{48}'),
  prefixed('xai_key', ['xai-'], '[A-Za-z0-9]{80}'),
  prefixed('nvidia_key', ['nvapi-'], '[A-Za-z0-9_-]{60,70}'),
  prefixed('langsmith_key', ['lsv2_pt_', 'lsv2_sk_'], '[a-f0-9]{32}_[a-f0-9]{10}'),
  // Watching and product tools.
  prefixed('grafana_token', ['glc_', 'glsa_'], '[A-Za-z0-9+/_]{32,400}={0,3}'),
  prefixed('newrelic_key', ['NRAK-', 'NRII-'], '[A-Z0-9a-z-]{27,32}'),
  prefixed('sentry_token', ['sntryu_'], '[a-f0-9]{64}'),
  prefixed('sentry_token', ['sntrys_eyJ'], '[A-Za-z0-9+/=_-]{40,400}'),
  prefixed('dynatrace_token', ['dt0c01.', 'dt0s01.'], '[A-Z0-9]{24}\\.[A-Z0-9]{64}'),
  prefixed('honeycomb_key', ['hcaik_', 'hcamk_'], '[a-z0-9]{58}'),
  prefixed('linear_key', ['lin_api_', 'lin_oauth_'], '[A-Za-z0-9]{40,64}'),
  prefixed('notion_token', ['ntn_'], '[A-Za-z0-9]{40,50}'),
  prefixed('figma_token', ['figd_', 'figu_'], '[A-Za-z0-9_-]{40,48}'),
  prefixed('contentful_token', ['CFPAT-'], '[A-Za-z0-9_-]{43}'),
  prefixed('mapbox_token', ['sk.eyJ'], '[A-Za-z0-9_-]{50,200}\\.[A-Za-z0-9_-]{22}'),
  prefixed('posthog_key', ['phx_'], '[A-Za-z0-9]{40,50}'),
  // Databases as a service.
  prefixed('planetscale_secret', ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], '[A-Za-z0-9_.=-]{32,64}'),
  prefixed('supabase_key', ['sbp_'], '[a-f0-9]{40}'),
  prefixed('supabase_key', ['sb_secret_'], '[A-Za-z0-9_-]{31,40}'),
  prefixed('prefect_key', ['pnu_', 'pnb_'], '[A-Za-z0-9]{36}'),
  // Passwords as they are stored.
  {
    kind: 'password_hash',
    anchors: ['$2a$', '$2b$', '$2y$', '$apr1$', '$argon2', '$scrypt$'],
    expression:
      /(?:\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}|\$argon2(?:id|i|d)\$v=\d+\$[a-z0-9=,]{5,60}\$[A-Za-z0-9+/]{8,100}\$[A-Za-z0-9+/]{16,200})/y,
  },
]
