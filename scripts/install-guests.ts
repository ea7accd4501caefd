/**
 * Installs the coding agents that tests start as guests into the user's cache, outside the repository: each into a folder
 * of its own, pinned to the version that was tried. `node scripts/install-guests.ts [ID…]`; what is there stays.
 */
import { execFile } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const PACKAGES: { readonly [id: string]: { readonly spec: string; readonly program: string } } = {
  'claude-code': { spec: '@anthropic-ai/claude-code@2.1.330', program: 'claude' },
  codex: { spec: '@openai/codex@0.169.0', program: 'codex' },
  opencode: { spec: 'opencode-ai@1.18.33', program: 'opencode' },
  pi: { spec: '@mariozechner/pi-coding-agent@0.73.1', program: 'pi' },
  'qwen-code': { spec: '@qwen-code/qwen-code@0.24.4', program: 'qwen' },
}

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gander-guests')

/** Installs one guest unless it is there. */
async function install(id: string): Promise<string> {
  const wanted = PACKAGES[id]
  if (wanted === undefined) return `${id}: unknown; there are ${Object.keys(PACKAGES).join(', ')}`
  const folder = join(cache, id)
  const isThere = await access(join(folder, 'node_modules/.bin', wanted.program)).then(
    () => true,
    () => false,
  )
  if (isThere) return `${id}: is there`
  await mkdir(folder, { recursive: true })
  try {
    // Some of them fetch their binary in an install script; they are only ever started inside a sandbox.
    await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', wanted.spec], { timeout: 300_000 })
    return `${id}: installed ${wanted.spec}`
  } catch (error) {
    process.exitCode = 1
    return `${id}: could not be installed: ${String(error).split('\n')[0]}`
  }
}

const named = process.argv.slice(2)
for (const id of named.length === 0 ? Object.keys(PACKAGES) : named) console.log(await install(id))
