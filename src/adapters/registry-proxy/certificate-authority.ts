// The certificate maker looks for this when it is loaded.
// oxlint-disable-next-line import/no-unassigned-import
import 'reflect-metadata'
import { createHash, KeyObject, randomBytes, webcrypto } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 24 * 3_600_000
const VALID_MS = 365 * DAY_MS
const RENEWED_BEFORE_MS = 30 * DAY_MS
/** Clocks inside and outside are the same; a few minutes cover a step of it. */
const BACKDATED_MS = 10 * 60_000

type Keys = webcrypto.CryptoKeyPair

/** The authority that setups trust, and nobody else. Its key never leaves this process and its folder. */
export interface CertificateAuthority {
  /** PEM text and the path of a world-readable file with it. */
  readonly certificate: string
  readonly path: string
  /** First digits of the certificate's hash. */
  readonly id: string
  /** A certificate for one host, made once per process. */
  contextFor(host: string): Promise<SecureContext>
}

const serial = (): string => `01${randomBytes(15).toString('hex')}`

const pemOf = (key: webcrypto.CryptoKey): string => KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' })

const makeKeys = (): Promise<Keys> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

const readKeys = async (
  pem: string,
): Promise<{ certificate: X509Certificate; key: webcrypto.CryptoKey } | undefined> => {
  const certificate = new X509Certificate(
    /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(pem)?.[0] ?? '',
  )
  if (certificate.notAfter.getTime() < Date.now() + RENEWED_BEFORE_MS) return undefined
  const body = /-----BEGIN PRIVATE KEY-----([\s\S]+?)-----END PRIVATE KEY-----/.exec(pem)?.[1] ?? ''
  const key = await webcrypto.subtle.importKey('pkcs8', Buffer.from(body, 'base64'), ALGORITHM, true, ['sign'])
  return { certificate, key }
}

const makeAuthority = async (): Promise<string> => {
  const keys = await makeKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Gander registry proxy, O=Gander',
    notBefore: new Date(Date.now() - BACKDATED_MS),
    notAfter: new Date(Date.now() + VALID_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  })
  return `${pemOf(keys.privateKey)}${certificate.toString('pem')}\n`
}

/** Keeps a first authority under a name that only one of several processes can take. */
const keep = (path: string, pem: string, replace: boolean): void => {
  const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  writeFileSync(fresh, pem, { mode: 0o600 })
  try {
    if (replace) renameSync(fresh, path)
    else linkSync(fresh, path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(fresh, { force: true })
  }
}

const load = async (path: string) => {
  const read = async () => {
    try {
      return await readKeys(readFileSync(path, 'utf8'))
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'missing' : undefined
    }
  }
  const kept = await read()
  if (kept !== undefined && kept !== 'missing') return kept
  // One that is worn out or unreadable gives way; a missing one is made by whoever comes first.
  keep(path, await makeAuthority(), kept === undefined)
  const made = await read()
  if (made === undefined || made === 'missing') throw new Error(`The certificate authority at ${path} cannot be read.`)
  return made
}

/** Reads the authority below a folder, or makes it: the key 0600, the certificate for everybody. */
export const openCertificateAuthority = async (folder: string): Promise<CertificateAuthority> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { certificate, key } = await load(join(folder, 'authority.pem'))
  const pem = `${certificate.toString('pem')}\n`
  const id = createHash('sha256').update(pem).digest('hex').slice(0, 12)
  const path = join(folder, `authority-${id}.crt`)
  writeFileSync(`${path}.${process.pid}`, pem, { mode: 0o644 })
  renameSync(`${path}.${process.pid}`, path)
  const leaf_keys = await makeKeys()
  const leaf_key = pemOf(leaf_keys.privateKey)
  const mint = async (host: string): Promise<SecureContext> => {
    const leaf = await X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: 'CN=Gander registry proxy leaf',
      issuer: certificate.subject,
      notBefore: new Date(Date.now() - BACKDATED_MS),
      notAfter: new Date(Math.min(Date.now() + RENEWED_BEFORE_MS, certificate.notAfter.getTime())),
      signingAlgorithm: ALGORITHM,
      publicKey: leaf_keys.publicKey,
      signingKey: key,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
      ],
    })
    return createSecureContext({ key: leaf_key, cert: `${leaf.toString('pem')}\n${pem}`, minVersion: 'TLSv1.2' })
  }
  const minted = new Map<string, { readonly at: number; readonly context: Promise<SecureContext> }>()
  return {
    certificate: pem,
    path,
    id,
    contextFor: (host) => {
      const known = minted.get(host)
      if (known !== undefined && Date.now() - known.at < DAY_MS) return known.context
      const context = mint(host)
      minted.set(host, { at: Date.now(), context })
      return context
    },
  }
}
