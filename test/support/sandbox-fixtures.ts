import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DEFAULT_SANDBOX_LIMITS, type ExecRequest, type ExecResult, type Sandbox, type SandboxSpec } from '#ports'

/** Folders of one test: a home for the driver and a checkout as the repository room leaves it. */
export interface SandboxGround {
  readonly root: string
  readonly home: string
  readonly checkout: string
  spec(changes?: Partial<SandboxSpec>): SandboxSpec
  remove(): void
}

/** Files are 0666, folders 0777, below a parent that only the owner enters: what `umask 0` gives. */
export const makeSandboxGround = (files: { readonly [path: string]: string }): SandboxGround => {
  const root = mkdtempSync(join(tmpdir(), 'gander-sandbox-'))
  const checkout = join(root, 'checkouts', 'base')
  const before = process.umask(0)
  mkdirSync(checkout, { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true })
    writeFileSync(join(checkout, path), text)
  }
  process.umask(before)
  chmodSync(join(root, 'checkouts'), 0o700)
  return {
    root,
    home: join(root, 'home'),
    checkout,
    spec: (changes = {}) => ({
      run_id: 'run-test',
      purpose: 'work',
      checkout,
      setup_layer: null,
      writable: { kind: 'memory' },
      limits: DEFAULT_SANDBOX_LIMITS,
      ...changes,
    }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Runs a command with everything else at a sensible value. */
export const execIn = (
  sandbox: Sandbox,
  argv: readonly string[],
  changes: Partial<ExecRequest> = {},
  signal?: AbortSignal,
): Promise<ExecResult> =>
  sandbox.exec({ argv, timeout_ms: 60_000, output_bytes: 1_000_000, network: { kind: 'none' }, ...changes }, signal)

/** Runs a line of shell. */
export const shellIn = (
  sandbox: Sandbox,
  line: string,
  changes: Partial<ExecRequest> = {},
  signal?: AbortSignal,
): Promise<ExecResult> => execIn(sandbox, ['sh', '-c', line], changes, signal)
