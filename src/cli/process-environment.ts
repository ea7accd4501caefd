import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile, writeFile } from 'node:fs/promises'
import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { CliEnvironment, CliWiring, Input, Screen } from './environment.ts'
import { ganderHome } from './gander-home.ts'
import { createKeyFile } from './key-file.ts'

/** The command line's environment in a real process, over what the platform side gives. */
export function processEnvironment(wiring: CliWiring, version: string): CliEnvironment {
  const { env, platform } = process
  const home = ganderHome({ env, platform, user_home: homedir(), cwd: process.cwd() })
  return {
    ...wiring,
    version,
    home,
    env,
    cwd: process.cwd(),
    user: userName(),
    stdout: screenOf(process.stdout),
    stderr: screenOf(process.stderr),
    stdin: standardInput(),
    keys: createKeyFile(join(home, 'keys.json')),
    servers: createKeyFile(join(home, 'servers.json')),
    readFile: readText,
    writeFile: (path, text) => writeFile(path, text, { mode: 0o600 }),
    show,
    now: Date.now,
    every: (ms, tick) => {
      const timer = setInterval(tick, ms)
      return () => clearInterval(timer)
    },
    onInterrupt: (handler) => {
      process.on('SIGINT', handler)
      process.on('SIGTERM', handler)
      return () => {
        process.off('SIGINT', handler)
        process.off('SIGTERM', handler)
      }
    },
    leave: (code) => process.exit(code),
  }
}

function screenOf(stream: NodeJS.WriteStream): Screen {
  // A reader that goes away (`gander list | head -1`) is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  return {
    write: (text) => void stream.write(text),
    writeBytes: async (bytes) => {
      if (!stream.write(bytes)) await once(stream, 'drain')
    },
    is_terminal: isTerminal(stream),
    columns: () => stream.columns || 100,
  }
}

// `isTTY` is declared as a boolean and is undefined on pipes and files.
const isTerminal = (stream: { readonly isTTY?: boolean }) => stream.isTTY === true

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR')
    if (missing) return undefined
    throw error
  }
}

function standardInput(): Input {
  return {
    is_terminal: isTerminal(process.stdin),
    read: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
      return Buffer.concat(chunks).toString('utf8')
    },
    bytes: () => process.stdin,
    askHidden,
  }
}

const ENTER = new Set(['\r', '\n', '\u0004'])

/** Asks on the terminal with echo off; Ctrl-C ends the program as anywhere else. */
async function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process
  stderr.write(question)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  let typed = ''
  try {
    for await (const chunk of stdin)
      for (const letter of String(chunk)) {
        if (letter === '\u0003') process.exit(130)
        if (ENTER.has(letter)) return typed
        typed = letter === '\u007f' || letter === '\b' ? typed.slice(0, -1) : typed + letter
      }
    return typed
  } finally {
    stdin.setRawMode(false)
    stderr.write('\n')
  }
}

/** Starts the desktop's own program, where there is a desktop. */
async function show(target: string): Promise<boolean> {
  const mac = process.platform === 'darwin'
  if (!mac && (process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'] ?? '') === '') return false
  const command = mac ? '/usr/bin/open' : '/usr/bin/xdg-open'
  const there = await access(command).then(
    () => true,
    () => false,
  )
  if (!there) return false
  spawn(command, [target], { detached: true, stdio: 'ignore' }).unref()
  return true
}
