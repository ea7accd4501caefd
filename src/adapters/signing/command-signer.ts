import { spawn } from 'node:child_process'
import process from 'node:process'
import { GanderError } from '#domain/failure'
import type { EvidenceSigner } from '#ports'
import { verifierOf } from './key-file.ts'

const TIMEOUT_MS = 30_000
/** A signature is 88 characters; a signer that says more than this is not listened to. */
const MOST_OUTPUT = 4_096

/** A program that signs: it gets the bytes on standard input and prints an Ed25519 signature in base64. */
export interface SignerCommand {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly [string, ...string[]]
  /** PEM; what the program prints must be by this key. */
  readonly public_key: string
  /** Absent: 30 seconds. */
  readonly timeout_ms?: number
}

/** Signs by a program, such as a client of a key server or of a hardware token. */
export function createCommandSigner(command: SignerCommand): EvidenceSigner {
  const verifier = verifierOf('evidence', [command.public_key])
  const [keyid = ''] = verifier.key_ids
  return {
    sign: async (bytes) => {
      const sig = (await ask(command, bytes)).trim()
      if (!verifier.holds(bytes, sig, keyid)) throw failed(command, 'it printed no signature by its public key')
      return [{ keyid, sig: Buffer.from(sig, 'base64').toString('base64') }]
    },
  }
}

/** The program sees the path and its own configuration, and none of Gander's variables. */
function ask(command: SignerCommand, bytes: Uint8Array): Promise<string> {
  const [program, ...words] = command.argv
  const { PATH = '', HOME = '' } = process.env
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: '/',
      env: { PATH, HOME, LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: command.timeout_ms ?? TIMEOUT_MS,
      killSignal: 'SIGKILL',
    })
    const out: Buffer[] = []
    let length = 0
    child.stdout.on('data', (piece: Buffer) => {
      length += piece.length
      if (length > MOST_OUTPUT) child.kill('SIGKILL')
      else out.push(piece)
    })
    child.on('error', (error) => reject(failed(command, error.message)))
    child.on('close', (code, signal) => {
      if (code === 0 && length <= MOST_OUTPUT) return resolve(Buffer.concat(out).toString('latin1'))
      if (length > MOST_OUTPUT) return reject(failed(command, 'it printed more than a signature'))
      reject(failed(command, signal === null ? `it ended with status ${code ?? 'unknown'}` : 'it took too long'))
    })
    // A program that reads nothing has its end told by its status.
    child.stdin.on('error', () => undefined)
    child.stdin.end(bytes)
  })
}

const failed = ({ argv: [program] }: SignerCommand, why: string): GanderError =>
  new GanderError('evidence_not_signed', `The signer ${program} did not sign: ${why}.`, { retryable: true })
