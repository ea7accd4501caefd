import { TRUST_STORE_PASSWORD } from './java-trust-store.ts'

/** The port of the sandbox's own loopback behind which the door lies. */
export const DOOR_PORT = 3128
const PROXY = `http://127.0.0.1:${DOOR_PORT}`

/** Where the files of the door lie inside. */
export const INNER_FILES = {
  certificate: '/opt/gander/registry/authority.crt',
  trust_store: '/opt/gander/registry/authority.p12',
  maven_settings: '/opt/gander/registry/maven-settings.xml',
  cargo: '/.cargo/config.toml',
} as const

/** Where tools look for those of the files that later phases need as well, below the home folder. */
export const HOME_FILES: readonly { readonly inner: string; readonly home: string }[] = [
  { inner: INNER_FILES.maven_settings, home: '.m2/settings.xml' },
  { inner: INNER_FILES.cargo, home: '.cargo/config.toml' },
]

const PROXY_VARIABLES = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'YARN_HTTPS_PROXY',
  'YARN_HTTP_PROXY',
  'npm_config_https_proxy',
  'npm_config_proxy',
  'CARGO_HTTP_PROXY',
]

const TRUST_VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'npm_config_cafile',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
  'CARGO_HTTP_CAINFO',
  'YARN_HTTPS_CA_FILE_PATH',
  'DENO_CERT',
]

const javaOptions = (has_trust_store: boolean): string =>
  [
    ...['http', 'https'].flatMap((scheme) => [`-D${scheme}.proxyHost=127.0.0.1`, `-D${scheme}.proxyPort=${DOOR_PORT}`]),
    '-Dhttp.nonProxyHosts=localhost',
    ...(has_trust_store
      ? [
          `-Djavax.net.ssl.trustStore=${INNER_FILES.trust_store}`,
          `-Djavax.net.ssl.trustStorePassword=${TRUST_STORE_PASSWORD}`,
          '-Djavax.net.ssl.trustStoreType=PKCS12',
        ]
      : []),
  ].join(' ')

const all = (names: readonly string[], value: string): { readonly [name: string]: string } =>
  Object.fromEntries(names.map((name) => [name, value]))

/** How each package manager is told about the door, whom to trust and which registries to use. */
export const clientEnvironment = (
  registries: { readonly [name: string]: string },
  has: { readonly trust_store: boolean; readonly maven_settings: boolean },
): { readonly [name: string]: string } => ({
  ...all(PROXY_VARIABLES, PROXY),
  ...all(TRUST_VARIABLES, INNER_FILES.certificate),
  NO_PROXY: 'localhost,127.0.0.1',
  no_proxy: 'localhost,127.0.0.1',
  NODE_USE_ENV_PROXY: '1',
  // Said here, because a repository's own file would be heard where the environment is silent.
  npm_config_noproxy: 'localhost,127.0.0.1',
  npm_config_strict_ssl: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  UV_NATIVE_TLS: 'true',
  CARGO_HTTP_MULTIPLEXING: 'false',
  CARGO_REGISTRIES_CRATES_IO_PROTOCOL: 'sparse',
  GOTOOLCHAIN: 'local',
  MAVEN_OPTS: javaOptions(has.trust_store),
  GRADLE_OPTS: javaOptions(has.trust_store),
  ...(has.maven_settings ? { MAVEN_ARGS: `-gs ${INNER_FILES.maven_settings}` } : {}),
  ...registries,
})
