import { generateKeyPairSync, verify } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createCommandSigner,
  createCounterSigner,
  createKeySigner,
  keyOfPem,
  openKey,
  trustedKeys,
  verifierOf,
} from './index.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gander-keys-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

const TEXT = Buffer.from('what is signed')
const pems = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    public_key: publicKey.export({ type: 'spki', format: 'pem' }),
  }
}

describe('the key of a home', () => {
  it('is made once, for its owner only, and another for each use', async () => {
    const [key, again] = await Promise.all([openKey('evidence', home), openKey('evidence', home)])
    expect(again.key_id).toBe(key.key_id)
    expect((await stat(join(home, 'evidence-key.pem'))).mode & 0o777).toBe(0o600)
    expect((await openKey('audit', home)).key_id).not.toBe(key.key_id)
  })

  it('leaves its public half behind when it is replaced, so that what it signed still verifies', async () => {
    const old = await openKey('evidence', home)
    const signature = old.sign(TEXT)
    await rm(join(home, 'evidence-key.pem'))
    const next = await openKey('evidence', home)
    expect(next.key_id).not.toBe(old.key_id)
    const believed = verifierOf('evidence', Object.values(await trustedKeys('evidence', home)))
    expect(believed.holds(TEXT, signature, old.key_id)).toBe(true)
    expect(believed.holds(TEXT, signature, next.key_id)).toBe(false)
  })

  it('that others may read is not used', async () => {
    await openKey('evidence', home)
    await chmod(join(home, 'evidence-key.pem'), 0o644)
    await expect(openKey('evidence', home)).rejects.toMatchObject({ code: 'evidence_key_unreadable' })
    await chmod(join(home, 'evidence-key.pem'), 0o600)
  })

  it('is of no other kind than Ed25519, given or trusted', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    expect(() => keyOfPem('evidence', pem)).toThrow(/no Ed25519 private key/)
    expect(() => verifierOf('evidence', [publicKey.export({ type: 'spki', format: 'pem' })])).toThrow(/no Ed25519/)
  })
})

describe('a program that signs', () => {
  const program = async (name: string, text: string) => {
    await writeFile(join(home, name), text)
    return [process.execPath, join(home, name)] as const
  }
  const signing = `const { readFileSync } = require('node:fs'); const { sign } = require('node:crypto')
process.stdout.write(sign(null, readFileSync(0), readFileSync(process.argv[2], 'utf8')).toString('base64') + '\\n')`

  it('gets the bytes on standard input, and counter-signs beside the home’s key', async () => {
    const { private_key, public_key } = pems()
    await writeFile(join(home, 'program.pem'), private_key)
    const argv = [...(await program('sign.cjs', signing)), join(home, 'program.pem')] as const
    const key = await openKey('evidence', home)
    const signer = createCounterSigner([
      createKeySigner(key),
      createCommandSigner({ argv: [argv[0], ...argv.slice(1)], public_key: public_key }),
    ])
    const [own, other] = await signer.sign(TEXT)
    expect(own?.keyid).toBe(key.key_id)
    expect(verify(null, TEXT, public_key, Buffer.from(other?.sig ?? '', 'base64'))).toBe(true)
  })

  it.each([
    ['prints nothing', '', /no signature by its public key/],
    ['prints another signature', 'process.stdout.write("A".repeat(88))', /no signature by its public key/],
    ['prints without end', 'setInterval(() => process.stdout.write("x".repeat(9000)), 1)', /more than a signature/],
    ['fails', 'process.exit(3)', /status 3/],
    ['hangs', 'setInterval(() => undefined, 1000)', /took too long/],
  ])('and %s signs nothing', async (name, text, why) => {
    const argv = await program(`${name.replaceAll(' ', '-')}.cjs`, text)
    const timeout_ms = name === 'hangs' ? 300 : 20_000
    const signer = createCommandSigner({ argv: [...argv], public_key: pems().public_key, timeout_ms })
    await expect(signer.sign(TEXT)).rejects.toThrow(why)
  })

  it('sees none of the variables that Gander is told secrets by', async () => {
    const text = `require('node:fs').writeFileSync(process.argv[2], Object.keys(process.env).join(' '))`
    const seen = join(home, 'seen')
    process.env['GANDER_TEST_CANARY'] = 'secret'
    const argv = await program('look.cjs', text)
    const signer = createCommandSigner({ argv: [...argv, seen], public_key: pems().public_key })
    await expect(signer.sign(TEXT)).rejects.toMatchObject({ code: 'evidence_not_signed' })
    delete process.env['GANDER_TEST_CANARY']
    expect((await readFile(seen, 'utf8')).split(' ')).not.toContain('GANDER_TEST_CANARY')
  })
})
