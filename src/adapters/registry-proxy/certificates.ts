import { type HostEnvironment, readText } from './machine-files.ts'

/** Variables by which a user names extra or other certificate authorities. */
const VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'npm_config_cafile',
  'CARGO_HTTP_CAINFO',
]

const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

const CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED )?CERTIFICATE-----/g

/**
 * One bundle of every certificate authority this host's user trusts, so that TLS works behind a company's own
 * authority. Only certificates are taken: a key in the same file stays outside. Empty where there is none.
 */
export const trustedCertificates = (environment: HostEnvironment, configured: readonly string[]): string => {
  const system = SYSTEM_BUNDLES.map(readText).find((text) => text !== undefined)
  const named = [...VARIABLES.map((name) => environment[name]), ...configured]
    .filter((path) => path !== undefined && path !== '')
    .map((path) => readText(path ?? ''))
  const all = [system, ...named].flatMap((text) => text?.match(CERTIFICATE) ?? [])
  return all.length === 0 ? '' : `${[...new Set(all)].join('\n')}\n`
}
