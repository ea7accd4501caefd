import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Lab } from './lab.ts'

/** The host of this machine's npm registry, where it is a public https host that answers; undefined otherwise. */
export async function publicNpmRegistry(): Promise<string | undefined> {
  try {
    const address = new URL(execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim())
    if (address.protocol !== 'https:' || address.port !== '' || !address.hostname.includes('.')) return undefined
    const answer = await fetch(new URL('ms', address), { signal: AbortSignal.timeout(8_000) })
    return answer.ok ? address.hostname : undefined
  } catch {
    return undefined
  }
}

/** Installs without a lockfile, then runs the tests. */
export const ASKING_PROFILE = `ecosystem: node
setup:
  - id: install
    command: [npm, install, --no-package-lock, --no-audit, --fetch-retries=0]
phases:
  - id: tests
    command: [node, --test, --test-reporter=tap]
    results: {format: tap, path: '-'}
`

/** No lockfile names the registry, so its host is not open by itself and has to be asked for. */
const FILES: Readonly<Record<string, string>> = {
  '.gander/verify.yaml': ASKING_PROFILE,
  'package.json': '{"name":"clock","version":"1.0.0","dependencies":{"ms":"2.1.3"}}\n',
  '.gitignore': 'node_modules\n',
  'ms.test.js': `const { test } = require('node:test')
const assert = require('node:assert')
test('reads', () => assert.equal(require('ms')('2h'), 7200000))
`,
  'notes.txt': 'old\n',
}

/** A repository whose setup asks for a host that is not open to it; `more` adds files or replaces some. */
export async function askingRepository(
  lab: Lab,
  name: string,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = join(lab.root, `${name}-files`)
  for (const [path, text] of Object.entries({ ...FILES, ...more })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return lab.repository({ folder }, name)
}
