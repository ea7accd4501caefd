import { registerHooks } from 'node:module'

/**
 * Read before the program (`--require`): its own imports say where they lead, so nothing is looked up on the disk for
 * them. Node asks for the package, the real path and the kind of each file, which costs a short command 0.07 s of its
 * 0.22 s of processor time, and a worker up to a fifth of its start. Everything else goes Node's own way.
 */
const SOURCES = new URL('../', import.meta.url).href
const HASH = '#'

registerHooks({
  resolve(specifier, context, next) {
    if (context.parentURL?.startsWith(SOURCES) !== true) return next(specifier, context)
    const url = specifier.startsWith(HASH)
      ? `${SOURCES}${specifier.slice(1)}/index.ts`
      : specifier.startsWith('.') && specifier.endsWith('.ts')
        ? new URL(specifier, context.parentURL).href
        : undefined
    if (url === undefined) return next(specifier, context)
    return { url, format: 'module-typescript', shortCircuit: true }
  },
})
