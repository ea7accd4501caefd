/** Random numbers from a seed, so that a token which is missed can be made again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const ALPHABETS: Readonly<Record<string, string>> = {
  x: '0123456789abcdef',
  d: '0123456789',
  l: 'abcdefghijklmnopqrstuvwxyz0123456789',
  U: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  a: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ',
  A: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  b: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_',
  B: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/',
  t: 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L',
}

/**
 * Known formats of credentials: `<A36>` stands for 36 random characters of an alphabet above. They are written as
 * patterns, so that no scanner takes this file for a leak.
 */
export const TOKEN_FORMATS: readonly (readonly [name: string, pattern: string])[] = [
  ['AWS access key', 'AK<=IA><U16>'],
  ['AWS secret key', 'aws_secret_access_key = <A40>'],
  ['AWS MWS token', 'amzn.mws.<x8>-<x4>-<x4>-<x4>-<x12>'],
  ['GitHub personal token', 'ghp_<A36>'],
  ['GitHub installation token', 'ghs_<A36>'],
  ['GitHub fine-grained token', 'github_pat_<A22>_<A59>'],
  ['GitLab personal token', 'glpat-<b20>'],
  ['GitLab runner token', 'glrt-<b20>'],
  ['Bitbucket app password', 'ATBB<A32>'],
  ['Atlassian API token', 'ATATT3<b180>=<U8>'],
  ['Slack bot token', 'xoxb-<d12>-<d12>-<A24>'],
  ['Slack app token', 'xapp-1-<U11>-<d13>-<x64>'],
  ['Slack webhook', 'https://hooks.slack.com/services/T<U8>/B<U8>/<A24>'],
  ['Discord webhook', 'https://discord.com/api/webhooks/<d18>/<b68>'],
  ['Telegram bot token', '<d9>:AA<b33>'],
  ['Twilio key', 'SK<x32>'],
  ['SendGrid key', 'SG.<b22>.<b43>'],
  ['Mailgun key', 'key-<x32>'],
  ['Mailchimp key', '<x32>-us<d2>'],
  ['Stripe secret key', 'sk_live_<A24>'],
  ['Stripe webhook secret', 'whsec_<A32>'],
  ['Square token', 'sq0atp-<b22>'],
  ['Braintree token', 'access_token$production$<l16>$<x32>'],
  ['Shopify token', 'shpat_<x32>'],
  ['Razorpay key', 'rzp_live_<A14>'],
  ['Plaid token', 'access-sandbox-<x8>-<x4>-<x4>-<x4>-<x12>'],
  ['EasyPost key', 'EZAK<A54>'],
  ['OpenAI project key', 'sk-proj-<b48>'],
  ['OpenRouter key', 'sk-or-v1-<x64>'],
  ['Anthropic key', 'sk-ant-api03-<b93>AA'],
  ['Hugging Face token', 'hf_<a34>'],
  ['Groq key', 'gsk_<A52>'],
  ['Replicate token', 'r8_<A37>'],
  ['Perplexity key', 'pplx-<A48>'],
  ['xAI key', 'xai-<A80>'],
  ['NVIDIA key', 'nvapi-<b64>'],
  ['LangSmith key', 'lsv2_pt_<x32>_<x10>'],
  ['Google API key', 'AIza<b35>'],
  ['Google OAuth secret', 'GOCSPX-<b28>'],
  ['Google access token', 'ya29.<b120>'],
  ['Azure client secret', '<A3><d1>Q~<A34>'],
  ['Azure storage key', 'DefaultEndpointsProtocol=https;AccountName=store;AccountKey=<B86>=='],
  ['Azure SAS', 'https://store.blob.example.org/c?sv=2024&sig=<A43>%3D'],
  ['DigitalOcean token', 'dop_v1_<x64>'],
  ['Heroku key', 'HRKU-AA<b58>'],
  ['Fly token', 'fm2_<B120>'],
  ['Netlify token', 'nfp_<A36>'],
  ['Cloudflare origin key', 'v1.0-<x24>-<x146>'],
  ['Alibaba access key', 'LTAI<A20>'],
  ['Tencent secret id', 'AKID<A32>'],
  ['Vercel token', 'vcp_<A56>'],
  ['Databricks token', 'dapi<x32>'],
  ['Vault token', 'hvs.<b90>'],
  ['Terraform token', '<A14>.atlasv1.<A67>'],
  ['Pulumi token', 'pul-<x40>'],
  ['Doppler token', 'dp.pt.<A43>'],
  ['1Password secret key', 'A3-<U6>-<U6>-<U5>-<U5>-<U5>-<U5>'],
  ['CircleCI token', 'CCIPAT_<A22>_<x40>'],
  ['Buildkite token', 'bkua_<x40>'],
  ['Sonar token', 'sqp_<x40>'],
  ['Postman key', 'PMAK-<x24>-<x34>'],
  ['npm token', 'npm_<A36>'],
  ['npm login', '//registry.example.org/:_authToken=<A36>'],
  ['PyPI token', 'pypi-AgEIcHlwaS5vcmc<b120>'],
  ['RubyGems key', 'rubygems_<x48>'],
  ['crates.io token', 'cio<A32>'],
  ['NuGet key', 'oy2<l43>'],
  ['Docker Hub token', 'dckr_pat_<b27>'],
  ['Clojars token', 'CLOJARS_<l60>'],
  ['Artifactory key', 'AKCp<A69>'],
  ['Docker login', '"auths": {"registry.example.org": {"auth": "<B40>"}}'],
  ['Grafana token', 'glsa_<A32>_<x8>'],
  ['New Relic key', 'NRAK-<U27>'],
  ['Sentry token', 'sntryu_<x64>'],
  ['Dynatrace token', 'dt0c01.<U24>.<U64>'],
  ['Linear key', 'lin_api_<A40>'],
  ['Notion token', 'ntn_<A46>'],
  ['Figma token', 'figd_<b40>'],
  ['Contentful token', 'CFPAT-<b43>'],
  ['PlanetScale token', 'pscale_tkn_<b43>'],
  ['Supabase token', 'sbp_<x40>'],
  ['Prefect key', 'pnu_<A36>'],
  ['JSON web token', 'eyJhbGciOiJIUzI1NiJ9.eyJ<b60>.<b43>'],
  ['PostgreSQL address', 'postgres://app:<A20>@db.example.org:5432/app'],
  ['MongoDB address', 'mongodb+srv://app:<A20>@cluster.example.org/app'],
  ['Redis address', 'redis://:<A24>@cache.example.org:6379'],
  ['bearer token', 'Authorization: Bearer <A40>'],
  ['basic login', 'Authorization: Basic <B40>'],
  ['environment password', 'DB_PASSWORD=<A18>7a'],
  ['quoted client secret', '"client_secret": "<A30>7a"'],
  ['RSA key', '-----BEGIN RSA PRIVATE KEY-----\n<B400>\n-----END RSA PRIVATE KEY-----'],
  ['OpenSSH key', '-----BEGIN OPENSSH PRIVATE KEY-----\n<B400>\n-----END OPENSSH PRIVATE KEY-----'],
  ['PGP key', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n<B400>\n-----END PGP PRIVATE KEY BLOCK-----'],
  ['age key', 'AGE-SECRET-KEY-1<t58>'],
  ['htpasswd bcrypt', 'ada:$2y$10$<A53>'],
  ['htpasswd apr1', 'ada:$apr1$<A8>$<A22>'],
  ['argon2 hash', '$argon2id$v=19$m=65536,t=3,p=4$<A22>$<A43>'],
  ['netrc', 'machine git.example.org login ada password <A20>'],
  ['kubeconfig key', 'client-key-data: LS0t<B800>='],
  ['WireGuard key', 'PrivateKey = <B43>='],
]

/** A token of a format, and its random pieces of 16 characters or more: what must not be left of it. */
export function makeToken(
  pattern: string,
  random: () => number,
): { readonly token: string; readonly secrets: readonly string[] } {
  const secrets: string[] = []
  const token = pattern.replaceAll(
    /<(?:=([^>]*)|(\w)(\d+))>/g,
    (_, literal: string | undefined, alphabet: string, length: string) => {
      if (literal !== undefined) return literal
      const letters = ALPHABETS[alphabet] ?? ''
      const piece = Array.from({ length: Number(length) }, () =>
        letters.charAt(Math.floor(random() * letters.length)),
      ).join('')
      if (piece.length >= 16 && alphabet !== 'd') secrets.push(piece)
      return piece
    },
  )
  return { token, secrets }
}
