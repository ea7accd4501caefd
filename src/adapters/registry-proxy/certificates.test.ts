import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { trustedCertificates } from './certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'gander-certificates-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----'

describe('trustedCertificates', () => {
  it('takes certificates out of a file and leaves keys', () => {
    const file = join(folder, 'both.pem')
    writeFileSync(file, `-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----\n${CERTIFICATE}\n`)
    const bundle = trustedCertificates({ NODE_EXTRA_CA_CERTS: file }, [file, join(folder, 'absent.pem')])
    expect(bundle.split(CERTIFICATE)).toHaveLength(2)
    expect(bundle).not.toMatch(/PRIVATE|U0VDUkVU/)
  })
})
