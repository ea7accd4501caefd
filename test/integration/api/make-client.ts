import { createRequire, registerHooks } from 'node:module'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

/**
 * Makes a client of an OpenAPI document with a generator that is not ours: `make-client.ts DOCUMENT FOLDER TYPESCRIPT`.
 * The generator writes with TypeScript's own program interface, which the compiler of this repository no longer has, so
 * an earlier TypeScript stands in for it in this process.
 */
const [, , input = '', folder = '', typescript = ''] = process.argv
const found = pathToFileURL(createRequire(import.meta.url).resolve(typescript)).href
registerHooks({
  resolve: (name, context, next) => (name === 'typescript' ? { url: found, shortCircuit: true } : next(name, context)),
})
const { createClient } = await import('@hey-api/openapi-ts')
await createClient({
  input,
  output: { path: folder, importFileExtension: '.ts', clean: false },
  plugins: ['@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
  logs: { level: 'silent' },
})
