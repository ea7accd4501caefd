import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a gateway process is made of, from `src`. */
const PARTS = [
  'domain',
  'ports',
  'execution-plane/model-gateway',
  'evidence-plane/redaction',
  'adapters/artifacts/filesystem',
  'adapters/gateway-socket',
  'adapters/models',
  'adapters/postgres',
  'main/gateway.ts',
]

/** Identity of the gateway's program: a hash of its files, so that a newer one takes over from one that still runs. */
export function programVersion(): string {
  const source = fileURLToPath(new URL('../..', import.meta.url))
  const hash = createHash('sha256').update(process.version)
  for (const part of PARTS) for (const file of filesOf(join(source, part))) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}

function filesOf(path: string): readonly string[] {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js|json|sql)$/.test(name) && !name.endsWith('.test.ts'))
    .toSorted()
    .map((name) => join(path, name))
}
