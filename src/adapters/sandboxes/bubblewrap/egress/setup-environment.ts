import type { RegistryConfiguration } from '../view/registries.ts'
import { INNER_CERTIFICATES } from '../view/system-folder.ts'
import { BRIDGE_PORT } from './bridge-program.ts'

const PROXY = `http://127.0.0.1:${BRIDGE_PORT}`

/** How each package manager is told about the bridge and whom to trust. */
export const setupEnvironment = (
  registries: RegistryConfiguration,
  has_certificates: boolean,
  java_trust_store: string | undefined,
): { readonly [name: string]: string } => {
  const java = [
    ...['http', 'https'].flatMap((scheme) => [
      `-D${scheme}.proxyHost=127.0.0.1`,
      `-D${scheme}.proxyPort=${BRIDGE_PORT}`,
    ]),
    '-Dhttp.nonProxyHosts=localhost',
    ...(java_trust_store === undefined ? [] : [`-Djavax.net.ssl.trustStore=${java_trust_store}`]),
  ].join(' ')
  const trusting = [
    'SSL_CERT_FILE',
    'NODE_EXTRA_CA_CERTS',
    'REQUESTS_CA_BUNDLE',
    'CURL_CA_BUNDLE',
    'PIP_CERT',
    'GIT_SSL_CAINFO',
    'CARGO_HTTP_CAINFO',
  ]
  return {
    ...Object.fromEntries(
      ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'YARN_HTTPS_PROXY', 'YARN_HTTP_PROXY'].map((name) => [
        name,
        PROXY,
      ]),
    ),
    NO_PROXY: 'localhost,127.0.0.1',
    no_proxy: 'localhost,127.0.0.1',
    NODE_USE_ENV_PROXY: '1',
    npm_config_https_proxy: PROXY,
    npm_config_proxy: PROXY,
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    MAVEN_OPTS: java,
    GRADLE_OPTS: java,
    ...(has_certificates ? Object.fromEntries(trusting.map((name) => [name, INNER_CERTIFICATES])) : {}),
    ...registries.environment,
  }
}
