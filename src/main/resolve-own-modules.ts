import { registerHooks } from 'node:module'

/**
 * Read before the program (`--require`): its own imports say where they lead, so nothing is looked up on the disk for
 * them. Node asks for the package, the real path and the kind of each file, which is a fifth of the start of a worker
 * (0.95 s of processor time down to 0.76 s for its 725 files). Everything else goes Node's own way.
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
