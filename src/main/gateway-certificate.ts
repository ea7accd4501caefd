import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { selfSigned, type OwnCertificate } from '#adapters/gateway-socket'
import { GanderError } from '#domain/failure'

/** The certificate by which other hosts know this gateway; made at the first start and kept, for this user only. */
export async function gatewayCertificate(home: string): Promise<OwnCertificate> {
  const folder = join(home, 'gateway-tls')
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    const kept = await Promise.all([readFile(key, 'utf8'), readFile(cert, 'utf8')]).catch(unlessAbsent)
    if (kept !== undefined) return { key: kept[0], cert: kept[1] }
    const made = selfSigned(`gander gateway of ${hostname()}`, Date.now())
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(key, made.key, { mode: 0o600 })
    await chmod(key, 0o600)
    await writeFile(cert, made.cert, { mode: 0o644 })
    return made
  } catch (error) {
    throw new GanderError('storage_unwritable', `The gateway's certificate cannot be kept in ${folder}.`, {
      cause: error,
    })
  }
}

function unlessAbsent(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}
