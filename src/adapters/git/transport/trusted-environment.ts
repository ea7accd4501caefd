import process from 'node:process'

/** One git configuration entry; later ones win. */
export type Setting = readonly [key: string, value: string]

/** Protocols a fetch or push may use; `http` only ever reaches loopback, which the address parser checks. */
const NETWORK_PROTOCOLS = 'file:https:http:ssh'

/**
 * What every git process gets instead of system, global and repository settings. Nothing in it names a program, and it
 * wins over the configuration of a repository that git is pointed at.
 */
const TRUSTED_SETTINGS: readonly Setting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['core.excludesFile', '/dev/null'],
  ['core.pager', 'cat'],
  ['core.editor', 'false'],
  ['core.quotePath', 'false'],
  ['core.autocrlf', 'false'],
  ['core.symlinks', 'true'],
  ['core.fileMode', 'true'],
  ['core.ignoreCase', 'false'],
  ['core.precomposeUnicode', 'false'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['core.alternateRefsCommand', 'true'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['push.followTags', 'false'],
  ['push.gpgSign', 'false'],
  ['transfer.fsckObjects', 'true'],
  ['transfer.bundleURI', 'false'],
  ['fetch.unpackLimit', '1'],
  ['protocol.version', '2'],
  ['http.followRedirects', 'initial'],
  ['http.lowSpeedLimit', '1000'],
  ['http.lowSpeedTime', '60'],
  ['credential.interactive', 'false'],
  ['diff.renames', 'false'],
  ['diff.noprefix', 'false'],
  ['diff.mnemonicPrefix', 'false'],
  ['diff.algorithm', 'myers'],
  ['core.bigFileThreshold', '32m'],
]

/** Harmless defects of old histories that would otherwise refuse honest repositories on import. */
const OLD_DEFECTS = ['zeroPaddedFilemode', 'badTimezone', 'missingSpaceBeforeDate', 'missingSpaceBeforeEmail']

const FORWARDED = ['PATH', 'TMPDIR', 'TZ'] as const

/** What reaching a remote as this user needs: ssh and its agent, credential helpers, proxies, certificates. */
const NETWORK_FORWARDED = [
  'HOME',
  'USER',
  'LOGNAME',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'SSH_AUTH_SOCK',
  'DBUS_SESSION_BUS_ADDRESS',
  'http_proxy',
  'https_proxy',
  'HTTPS_PROXY',
  'all_proxy',
  'ALL_PROXY',
  'no_proxy',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
] as const

/** The environment of one git process: an allowlist of this one's, and settings that no repository can override. */
export function trustedEnvironment(
  settings: readonly Setting[],
  options: { readonly network: boolean },
): Record<string, string> {
  const all = [
    ...TRUSTED_SETTINGS,
    ...OLD_DEFECTS.map((defect): Setting => [`fetch.fsck.${defect}`, 'ignore']),
    ...settings,
  ]
  const environment: Record<string, string> = {
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_ALLOW_PROTOCOL: options.network ? NETWORK_PROTOCOLS : '',
    GIT_CONFIG_COUNT: String(all.length),
  }
  for (const [index, [key, value]] of all.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  }
  for (const name of options.network ? [...FORWARDED, ...NETWORK_FORWARDED] : FORWARDED) {
    const value = process.env[name]
    if (value !== undefined) environment[name] = value
  }
  if (options.network) environment['GIT_SSH_COMMAND'] = `${process.env['GIT_SSH_COMMAND'] ?? 'ssh'} -oBatchMode=yes`
  return environment
}
