import { execFile } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CertificateAuthority } from './certificate-authority.ts'
import type { HostEnvironment } from './machine-files.ts'

const run = promisify(execFile)

/** Not a secret: a trust store holds one public certificate, and Java wants some password. */
export const TRUST_STORE_PASSWORD = 'changeit'

/** A PKCS12 trust store with the authority alone, made once by the machine's keytool; undefined without a JDK. */
export const javaTrustStore = async (
  folder: string,
  authority: CertificateAuthority,
  environment: HostEnvironment,
): Promise<string | undefined> => {
  const path = join(folder, `authority-${authority.id}.p12`)
  if (existsSync(path)) return path
  const fresh = `${path}.${process.pid}`
  const home = environment['JAVA_HOME']
  const keytool = home === undefined ? 'keytool' : join(home, 'bin', 'keytool')
  try {
    await run(
      keytool,
      `-importcert -noprompt -trustcacerts -alias gander -storetype PKCS12 -storepass ${TRUST_STORE_PASSWORD}`
        .split(' ')
        .concat('-file', authority.path, '-keystore', fresh),
      { timeout: 30_000, env: { PATH: environment['PATH'] ?? '', LANG: 'C' } },
    )
    renameSync(fresh, path)
    return path
  } catch {
    // No JDK, or one that cannot: Java tools then do not trust the door, and say so.
    rmSync(fresh, { force: true })
    return undefined
  }
}
